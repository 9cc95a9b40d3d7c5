"""What a collection is: its properties, figures, name and life."""

from __future__ import annotations

from typing import Any

from arango_jobs.api import shapes
from arango_jobs.api.collection_base import CollectionBase
from arango_jobs.api.context import C
from arango_jobs.api.decode import reading
from arango_jobs.api.group import given
from arango_jobs.api.method import api_method
from arango_jobs.api.types import Json
from arango_jobs.errors import (
    CollectionChecksumError,
    CollectionCompactError,
    CollectionConfigureError,
    CollectionInformationError,
    CollectionPropertiesError,
    CollectionRecalculateCountError,
    CollectionRenameError,
    CollectionResponsibleShardError,
    CollectionRevisionError,
    CollectionShardsError,
    CollectionStatisticsError,
    CollectionTruncateError,
    OptionError,
)
from arango_jobs.operations import Operation, Retry

__all__ = ["Properties", "checked_schema"]

_FIGURES = {
    "documentReferences": "document_refs",
    "lastTick": "last_tick",
    "waitingFor": "waiting_for",
    "documentsSize": "documents_size",
    "cacheInUse": "cache_in_use",
    "cacheSize": "cache_size",
    "cacheUsage": "cache_usage",
    "uncollectedLogfileEntries": "uncollected_logfile_entries",
}


def checked_schema(schema: Json | None) -> Json | None:
    """Return `schema` if it can be one."""
    if schema is not None and (not isinstance(schema, dict) or not schema):
        raise OptionError("schema parameter must be a non-empty dict")
    return schema


class Properties(CollectionBase[C]):
    """Reads and changes what a collection is."""

    @api_method
    def properties(self) -> Operation[Json]:
        """Return the collection's properties."""
        return self._operation(
            "collection.properties",
            "GET",
            self._path("collection", "properties"),
            reading(shapes.collection),
            CollectionPropertiesError,
        )

    @api_method
    def info(self) -> Operation[Json]:
        """Return the collection's id, name, type and status."""
        return self._operation(
            "collection.info",
            "GET",
            self._path("collection"),
            reading(shapes.collection),
            CollectionInformationError,
        )

    @api_method
    def configure(
        self,
        sync: bool | None = None,
        schema: Json | None = None,
        replication_factor: int | str | None = None,
        write_concern: int | None = None,
        computed_values: list[Json] | None = None,
    ) -> Operation[Json]:
        """Change the properties given and return all of them."""
        return self._operation(
            "collection.configure",
            "PUT",
            self._path("collection", "properties"),
            reading(shapes.collection),
            CollectionConfigureError,
            body=given(
                waitForSync=sync,
                schema=checked_schema(schema),
                replicationFactor=replication_factor,
                writeConcern=write_concern,
                computedValues=computed_values,
            ),
            retry=Retry.IDEMPOTENT,
        )

    @api_method
    def statistics(self) -> Operation[Json]:
        """Return the collection's figures."""
        return self._operation(
            "collection.statistics",
            "GET",
            self._path("collection", "figures"),
            reading(_figures),
            CollectionStatisticsError,
        )

    @api_method
    def revision(self) -> Operation[str]:
        """Return a text that changes with every write."""
        return self._operation(
            "collection.revision",
            "GET",
            self._path("collection", "revision"),
            reading(lambda body: str(body["revision"])),
            CollectionRevisionError,
        )

    @api_method
    def checksum(self, with_rev: bool = False, with_data: bool = False) -> Operation[str]:
        """Return a checksum over the keys, and over revisions or contents too if asked."""
        return self._operation(
            "collection.checksum",
            "GET",
            self._path("collection", "checksum"),
            reading(lambda body: str(body["checksum"])),
            CollectionChecksumError,
            query={"withRevision": with_rev, "withData": with_data},
        )

    @api_method
    def shards(self, details: bool = False) -> Operation[Json]:
        """Return the collection's shards (in a cluster), with their servers if `details`."""
        return self._operation(
            "collection.shards",
            "GET",
            self._path("collection", "shards"),
            reading(shapes.collection),
            CollectionShardsError,
            query={"details": details},
        )

    @api_method
    def responsible_shard(self, document: Json) -> Operation[str]:
        """Return the shard that holds, or would hold, the document (in a cluster)."""
        return self._operation(
            "collection.responsible_shard",
            "PUT",
            self._path("collection", "responsibleShard"),
            reading(lambda body: str(body["shardId"])),
            CollectionResponsibleShardError,
            body=document,
            retry=Retry.SAFE,
        )

    @api_method
    def compact(self) -> Operation[Json]:
        """Compact the collection's data on disk."""
        return self._operation(
            "collection.compact",
            "PUT",
            self._path("collection", "compact"),
            reading(shapes.collection),
            CollectionCompactError,
            retry=Retry.IDEMPOTENT,
        )

    @api_method
    def recalculate_count(self) -> Operation[bool]:
        """Make the server count the documents anew."""
        return self._operation(
            "collection.recalculate_count",
            "PUT",
            self._path("collection", "recalculateCount"),
            reading(lambda _: True),
            CollectionRecalculateCountError,
            retry=Retry.IDEMPOTENT,
        )

    @api_method
    def truncate(self, sync: bool | None = None, compact: bool | None = None) -> Operation[bool]:
        """Delete every document."""
        return self._operation(
            "collection.truncate",
            "PUT",
            self._path("collection", "truncate"),
            reading(lambda _: True),
            CollectionTruncateError,
            query={"waitForSync": sync, "compact": compact},
        )

    @api_method
    def rename(self, new_name: str) -> Operation[bool]:
        """Give the collection another name; this object then goes by it too."""

        def renamed(_: Any) -> bool:
            self._call_it(new_name)
            return True

        return self._operation(
            "collection.rename",
            "PUT",
            self._path("collection", "rename"),
            reading(renamed),
            CollectionRenameError,
            body={"name": new_name},
        )


def _figures(body: Any) -> Json:
    figures = body.get("figures", body)
    return {_FIGURES.get(name, name): value for name, value in figures.items()}
