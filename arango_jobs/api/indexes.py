"""The indexes of a collection."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from arango_jobs.api.collection_base import CollectionBase
from arango_jobs.api.context import C
from arango_jobs.api.decode import a_list, reading
from arango_jobs.api.group import given
from arango_jobs.api.index_shapes import index, raw_index
from arango_jobs.api.method import api_method
from arango_jobs.api.types import Json
from arango_jobs.errors import (
    IndexCreateError,
    IndexDeleteError,
    IndexGetError,
    IndexListError,
    IndexLoadError,
)
from arango_jobs.operations import Operation, Retry, quote_segment

__all__ = ["Indexes"]

_INDEX_NOT_FOUND = 1212


class Indexes(CollectionBase[C]):
    """Lists, makes and drops indexes."""

    @api_method
    def indexes(self, with_stats: bool = False, with_hidden: bool = False) -> Operation[list[Json]]:
        """Return the collection's indexes."""
        return self._operation(
            "index.list",
            "GET",
            "/_api/index",
            reading(lambda body: [index(each) for each in a_list(body["indexes"])]),
            IndexListError,
            query={
                "collection": self._name,
                "withStats": with_stats or None,
                "withHidden": with_hidden or None,
            },
        )

    @api_method
    def get_index(self, id: str) -> Operation[Json]:
        """Return one index by its id, with or without the collection's name before it."""
        return self._operation(
            "index.get", "GET", self._index_path(id), reading(index), IndexGetError
        )

    @api_method
    def add_index(self, data: Json, formatter: bool = False) -> Operation[Json]:
        """Make an index from the server's own description, such as `{"type": ..., "fields": ...}`.

        `formatter` returns it under python-arango's names instead of the server's.
        """
        return self._add(data, formatter)

    def _add(self, data: Json, formatter: bool = True) -> Operation[Json]:
        return self._operation(
            "index.add",
            "POST",
            "/_api/index",
            reading(index if formatter else raw_index),
            IndexCreateError,
            query={"collection": self._name},
            body=data,
            retry=Retry.IDEMPOTENT,
        )

    @api_method
    def add_persistent_index(
        self,
        fields: Sequence[str],
        unique: bool | None = None,
        sparse: bool | None = None,
        name: str | None = None,
        in_background: bool | None = None,
        storedValues: Sequence[str] | None = None,  # noqa: N803  python-arango's name
        cacheEnabled: bool | None = None,  # noqa: N803  python-arango's name
    ) -> Operation[Json]:
        """Make a persistent index."""
        return self._add(
            given(
                type="persistent",
                fields=list(fields),
                unique=unique,
                sparse=sparse,
                name=name,
                inBackground=in_background,
                storedValues=storedValues,
                cacheEnabled=cacheEnabled,
            )
        )

    @api_method
    def add_ttl_index(
        self,
        fields: Sequence[str],
        expiry_time: int,
        name: str | None = None,
        in_background: bool | None = None,
    ) -> Operation[Json]:
        """Make an index that deletes documents `expiry_time` seconds after their time stamp."""
        return self._add(
            given(
                type="ttl",
                fields=list(fields),
                expireAfter=expiry_time,
                name=name,
                inBackground=in_background,
            )
        )

    @api_method
    def add_geo_index(
        self,
        fields: Sequence[str],
        geo_json: bool | None = None,
        name: str | None = None,
        in_background: bool | None = None,
        legacyPolygons: bool | None = False,  # noqa: N803  python-arango's name
    ) -> Operation[Json]:
        """Make a geo index over one field, or over latitude and longitude."""
        return self._add(
            given(
                type="geo",
                fields=fields if isinstance(fields, str) else list(fields),
                geoJson=geo_json,
                name=name,
                inBackground=in_background,
                legacyPolygons=legacyPolygons,
            )
        )

    @api_method
    def add_inverted_index(
        self,
        fields: Any,
        name: str | None = None,
        inBackground: bool | None = None,  # noqa: N803  python-arango's names from here on
        parallelism: int | None = None,
        primarySort: Json | None = None,  # noqa: N803
        storedValues: Sequence[Json] | None = None,  # noqa: N803
        analyzer: str | None = None,
        features: Sequence[str] | None = None,
        includeAllFields: bool | None = None,  # noqa: N803
        trackListPositions: bool | None = None,  # noqa: N803
        searchField: bool | None = None,  # noqa: N803
        primaryKeyCache: bool | None = None,  # noqa: N803
        cache: bool | None = None,
    ) -> Operation[Json]:
        """Make an inverted index."""
        return self._add(
            given(
                type="inverted",
                fields=fields,
                name=name,
                inBackground=inBackground,
                parallelism=parallelism,
                primarySort=primarySort,
                storedValues=storedValues,
                analyzer=analyzer,
                features=features,
                includeAllFields=includeAllFields,
                trackListPositions=trackListPositions,
                searchField=searchField,
                primaryKeyCache=primaryKeyCache,
                cache=cache,
            )
        )

    @api_method
    def add_hash_index(
        self,
        fields: Sequence[str],
        unique: bool | None = None,
        sparse: bool | None = None,
        deduplicate: bool | None = None,
        name: str | None = None,
        in_background: bool | None = None,
    ) -> Operation[Json]:
        """Make a hash index; the server has made persistent ones of them since 3.9."""
        return self._add(
            given(
                type="hash",
                fields=list(fields),
                unique=unique,
                sparse=sparse,
                deduplicate=deduplicate,
                name=name,
                inBackground=in_background,
            )
        )

    @api_method
    def add_fulltext_index(
        self,
        fields: Sequence[str],
        min_length: int | None = None,
        name: str | None = None,
        in_background: bool | None = None,
    ) -> Operation[Json]:
        """Make a full-text index (before 4.0)."""
        return self._add(
            given(
                type="fulltext",
                fields=list(fields),
                minLength=min_length,
                name=name,
                inBackground=in_background,
            )
        )

    @api_method
    def delete_index(self, index_id: str, ignore_missing: bool = False) -> Operation[bool]:
        """Drop an index; return `False` where it is not there and `ignore_missing`."""
        return self._operation(
            "index.delete",
            "DELETE",
            self._index_path(index_id),
            reading(lambda _: True, false_on=(_INDEX_NOT_FOUND,) if ignore_missing else ()),
            IndexDeleteError,
            retry=Retry.IDEMPOTENT if ignore_missing else Retry.NEVER,
        )

    @api_method
    def load_indexes(self) -> Operation[bool]:
        """Load the indexes into memory."""
        return self._operation(
            "index.load",
            "PUT",
            self._path("collection", "loadIndexesIntoMemory"),
            reading(lambda _: True),
            IndexLoadError,
            retry=Retry.IDEMPOTENT,
        )

    def _index_path(self, index_id: str) -> str:
        return self._path("index", quote_segment(str(index_id).rpartition("/")[2]))
