"""Bulk import, whole or in batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from arango_jobs.api.collection_base import CollectionBase
from arango_jobs.api.context import C
from arango_jobs.api.decode import reading
from arango_jobs.api.handles import with_key
from arango_jobs.api.import_method import import_method
from arango_jobs.api.retry import import_retry
from arango_jobs.api.several import Outcome, Several
from arango_jobs.api.types import ImportResult, Json
from arango_jobs.errors import DocumentImportError, DocumentInsertError, FailedBatch, OptionError
from arango_jobs.operations import Operation

__all__ = ["Importing"]


class Importing(CollectionBase[C]):
    """Imports documents in bulk."""

    @import_method
    def import_bulk(
        self,
        documents: Sequence[Json],
        halt_on_error: bool = True,
        details: bool = True,
        from_prefix: str | None = None,
        to_prefix: str | None = None,
        overwrite: bool | None = None,
        on_duplicate: str | None = None,
        sync: bool | None = None,
        batch_size: int | None = None,
    ) -> Operation[ImportResult] | Several[list[ImportResult]]:
        """Insert documents in bulk and return what was counted.

        `halt_on_error` takes back the whole import at the first error, or with
        `batch_size` that batch. `overwrite` empties the collection first.
        `on_duplicate` is "error", "update", "replace" or "ignore". With
        `batch_size` the documents go out so many at a time, and the result is a
        list of the counts of each batch; in the async context the jobs of the
        batches are a list. `DocumentImportError` says which batches failed.
        """
        if overwrite and batch_size is not None:
            raise OptionError("batch_size cannot be used with overwrite: each batch would empty it")
        prepared = [with_key(document, self._name, is_required=False) for document in documents]
        query = {
            "type": "array",
            "collection": self._name,
            "complete": halt_on_error,
            "details": details,
            "fromPrefix": from_prefix,
            "toPrefix": to_prefix,
            "overwrite": overwrite,
            "onDuplicate": on_duplicate,
            "waitForSync": sync,
        }
        if batch_size is None:
            return self._import(prepared, query)
        if type(batch_size) is not int or batch_size < 1:
            raise OptionError(f"batch_size must be at least 1, not {batch_size!r}")
        starts = range(0, len(prepared), batch_size)
        batches = [prepared[start : start + batch_size] for start in starts]
        return Several(
            "document.import_bulk",
            tuple(self._import(batch, query) for batch in batches),
            lambda outcomes: _joined(outcomes, [len(batch) for batch in batches]),
            stops=bool(halt_on_error),
        )

    def _import(self, documents: list[Json], query: Json) -> Operation[ImportResult]:
        return self._operation(
            "document.import_bulk",
            "POST",
            "/_api/import",
            reading(_counted),
            DocumentInsertError,
            query=query,
            body=documents,
            retry=import_retry(query["onDuplicate"], query["overwrite"], documents),
        )


def _counted(body: Any) -> ImportResult:
    body["created"]  # a success without counts is no success
    result: ImportResult = body
    return result


def _joined(outcomes: Sequence[Outcome], counts: Sequence[int]) -> list[ImportResult]:
    """Return what was counted of each batch; raise `DocumentImportError` if any failed."""
    results: list[ImportResult] = []
    failures = []
    start = 0
    for outcome, count in zip(outcomes, counts, strict=True):
        if outcome.error is not None or not outcome.was_sent:
            failures.append(FailedBatch(start, count, outcome.error))
        else:
            results.append(outcome.value)
        start += count
    if failures:
        raise DocumentImportError.summing_up(results, tuple(failures))
    return results
