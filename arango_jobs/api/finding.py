"""Documents of a collection found by what they hold."""

from __future__ import annotations

from collections.abc import Sequence

from arango_jobs.api.collection_base import CollectionBase
from arango_jobs.api.conditions import filtered, number, sorted_by, within
from arango_jobs.api.context import C
from arango_jobs.api.cursor import Cursor
from arango_jobs.api.group import dirty_read
from arango_jobs.api.method import api_method
from arango_jobs.api.queries import QueryGroup
from arango_jobs.api.types import Json
from arango_jobs.errors import DocumentGetError, DocumentIDsError, DocumentKeysError
from arango_jobs.operations import Operation

__all__ = ["Finding"]

_ALL = 2147483647


class Finding(CollectionBase[C], QueryGroup[C]):
    """Finds documents."""

    @api_method
    def find(
        self,
        filters: Json,
        skip: int | None = None,
        limit: int | None = None,
        allow_dirty_read: bool = False,
        sort: Sequence[Json] | None = None,
    ) -> Operation[Cursor]:
        """Return a cursor over the documents whose attributes have the given values.

        An attribute with dots in its name may be nested. `sort` is a list of
        `{"sort_by": attribute, "sort_order": "ASC" | "DESC"}`; it sorts what
        `skip` and `limit` left, as python-arango does.
        """
        conditions, values = filtered(filters)
        order, sort_values = sorted_by(sort)
        return self._each(
            "find",
            f"{conditions} {within(skip, limit)} {order} RETURN doc",
            DocumentGetError,
            allow_dirty_read,
            count=True,
            bind_vars={**values, **sort_values},
        )

    @api_method
    def find_in_range(
        self,
        field: str,
        lower: int,
        upper: int,
        skip: int | None = None,
        limit: int | None = None,
        allow_dirty_read: bool = False,
    ) -> Operation[Cursor]:
        """Return a cursor over the documents with `lower` <= attribute < `upper`."""
        within(skip, limit)
        return self._each(
            "find_in_range",
            "FILTER doc.@field >= @lower && doc.@field < @upper LIMIT @skip, @limit RETURN doc",
            DocumentGetError,
            allow_dirty_read,
            count=True,
            bind_vars={
                "field": field,
                "lower": lower,
                "upper": upper,
                "skip": skip or 0,
                "limit": _ALL if limit is None else limit,
            },
        )

    @api_method
    def find_near(
        self,
        latitude: float,
        longitude: float,
        limit: int | None = None,
        allow_dirty_read: bool = False,
    ) -> Operation[Cursor]:
        """Return a cursor over the documents nearest to a place (needs a geo index)."""
        values: Json = {"collection": self._name, **number(latitude=latitude, longitude=longitude)}
        within(None, limit)
        if limit is not None:
            values["limit"] = limit
        return self._query(
            "document.find_near",
            "FOR doc IN NEAR(@collection, @latitude, @longitude"
            f"{'' if limit is None else ', @limit'}) RETURN doc",
            values,
            DocumentGetError,
            more={"count": True},
            headers=dirty_read(allow_dirty_read),
        )

    @api_method
    def find_in_radius(
        self,
        latitude: float,
        longitude: float,
        radius: float,
        distance_field: str | None = None,
        allow_dirty_read: bool = False,
    ) -> Operation[Cursor]:
        """Return a cursor over the documents within `radius` meters (needs a geo index)."""
        values: Json = {
            "@collection": self._name,
            **number(latitude=latitude, longitude=longitude, radius=radius),
        }
        if distance_field is not None:
            values["distance"] = distance_field
        return self._query(
            "document.find_in_radius",
            "FOR doc IN WITHIN(@@collection, @latitude, @longitude, @radius"
            f"{'' if distance_field is None else ', @distance'}) RETURN doc",
            values,
            DocumentGetError,
            more={"count": True},
            headers=dirty_read(allow_dirty_read),
        )

    @api_method
    def find_by_text(
        self, field: str, query: str, limit: int | None = None, allow_dirty_read: bool = False
    ) -> Operation[Cursor]:
        """Return a cursor over the documents that match a full-text query (before 4.0)."""
        values: Json = {"collection": self._name, "field": field, "query": query}
        within(None, limit)
        if limit is not None:
            values["limit"] = limit
        return self._query(
            "document.find_by_text",
            "FOR doc IN FULLTEXT(@collection, @field, @query"
            f"{'' if limit is None else ', @limit'}) RETURN doc",
            values,
            DocumentGetError,
            more={"count": True},
            headers=dirty_read(allow_dirty_read),
        )

    def _each(
        self,
        name: str,
        rest: str,
        error: type[DocumentGetError | DocumentIDsError | DocumentKeysError],
        allow_dirty_read: bool,
        *,
        count: bool = False,
        bind_vars: Json | None = None,
    ) -> Operation[Cursor]:
        return self._query(
            f"document.{name}",
            f"FOR doc IN @@collection {rest}",
            {"@collection": self._name, **(bind_vars or {})},
            error,
            more={"count": True} if count else None,
            headers=dirty_read(allow_dirty_read),
        )
