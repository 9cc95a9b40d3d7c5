"""What an import in several batches raises when some of them failed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from arango_jobs.errors.base import ArangoServerError
from arango_jobs.errors.documents import DocumentInsertError

__all__ = ["DocumentImportError", "FailedBatch"]


@dataclass(frozen=True, slots=True)
class FailedBatch:
    """One batch that was not imported: `count` documents from number `start` (from 0) on."""

    start: int
    count: int
    error: Exception | None
    """`None` where the batch was not sent because an earlier one had failed."""


class DocumentImportError(DocumentInsertError):
    """Some batches of an import failed.

    `imported` has the counts of the batches that went well and stay imported, in
    their order; `failures` tells for each of the others which documents it held and its own error.
    """

    imported: list[Any]
    failures: tuple[FailedBatch, ...]

    @classmethod
    def summing_up(
        cls, imported: list[Any], failures: tuple[FailedBatch, ...]
    ) -> DocumentImportError:
        """Return the error for `failures`, with the HTTP attributes of the first."""
        errors = [failure.error for failure in failures if failure.error is not None]
        first = errors[0] if errors else ArangoServerError("they were cancelled")
        places = ", ".join(f"{f.start}-{f.start + f.count - 1}" for f in failures[:5])
        more = f" and {len(failures) - 5} more batches" if len(failures) > 5 else ""
        server = first if isinstance(first, ArangoServerError) else ArangoServerError(str(first))
        said = server.error_message or first
        text = f"documents {places}{more} were not imported; the first error: {said}"
        error = cls(
            text,
            http_code=server.http_code,
            error_code=server.error_code,
            error_message=server.error_message,
            url=server.url,
            http_method=server.http_method,
            http_headers=server.http_headers,
            request=server.request,
            response=server.response,
        )
        error.imported = imported
        error.failures = failures
        return error
