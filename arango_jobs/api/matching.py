"""Documents changed or deleted by what they hold."""

from __future__ import annotations

from arango_jobs.api.collection_base import CollectionBase
from arango_jobs.api.conditions import filtered, limited
from arango_jobs.api.context import C
from arango_jobs.api.group import dirty_read, given
from arango_jobs.api.method import api_method
from arango_jobs.api.queries import QueryGroup
from arango_jobs.api.types import Json
from arango_jobs.errors import (
    ArangoServerError,
    DocumentDeleteError,
    DocumentReplaceError,
    DocumentUpdateError,
)
from arango_jobs.operations import Operation, Retry

__all__ = ["Matching"]


class Matching(CollectionBase[C], QueryGroup[C]):
    """Writes to every document whose attributes have the given values."""

    @api_method
    def update_match(
        self,
        filters: Json,
        body: Json,
        limit: int | None = None,
        keep_none: bool = True,
        sync: bool | None = None,
        merge: bool = True,
        allow_dirty_read: bool = False,
    ) -> Operation[int]:
        """Change every document whose attributes have the given values; return how many."""
        options = {"keepNull": keep_none, "mergeObjects": merge, **given(waitForSync=sync)}
        change = "UPDATE doc WITH @body IN @@collection"
        return self._match(
            "update_match", filters, limit, change, {"body": body}, options, allow_dirty_read,
            DocumentUpdateError,
        )  # fmt: skip

    @api_method
    def replace_match(
        self,
        filters: Json,
        body: Json,
        limit: int | None = None,
        sync: bool | None = None,
        allow_dirty_read: bool = False,
    ) -> Operation[int]:
        """Replace every document whose attributes have the given values; return how many."""
        change = "REPLACE doc WITH @body IN @@collection"
        return self._match(
            "replace_match", filters, limit, change, {"body": body}, given(waitForSync=sync),
            allow_dirty_read, DocumentReplaceError,
        )  # fmt: skip

    @api_method
    def delete_match(
        self,
        filters: Json,
        limit: int | None = None,
        sync: bool | None = None,
        allow_dirty_read: bool = False,
    ) -> Operation[int]:
        """Delete every document whose attributes have the given values; return how many."""
        return self._match(
            "delete_match", filters, limit, "REMOVE doc IN @@collection", {},
            given(waitForSync=sync), allow_dirty_read, DocumentDeleteError,
        )  # fmt: skip

    def _match(
        self,
        name: str,
        filters: Json,
        limit: int | None,
        change: str,
        values: Json,
        options: Json,
        allow_dirty_read: bool,
        error: type[ArangoServerError],
    ) -> Operation[int]:
        conditions, filter_values = filtered(filters)
        return self._query_for(
            f"document.{name}",
            f"FOR doc IN @@collection {conditions} {limited(limit)} {change}{_options(options)}",
            {"@collection": self._name, **values, **options, **filter_values},
            error,
            lambda body: int(body["extra"]["stats"]["writesExecuted"]),
            headers=dirty_read(allow_dirty_read),
            retry=Retry.NEVER,
        )


def _options(options: Json) -> str:
    """Return the clause for `options`, whose values are bind variables of the same names.

    The whole object cannot be one: AQL's grammar takes nothing but an object literal there.
    """
    if not options:
        return ""
    return " OPTIONS {" + ", ".join(f"{name}: @{name}" for name in options) + "}"
