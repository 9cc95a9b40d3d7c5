"""The cache of query results."""

from __future__ import annotations

from typing import Any

from arango_jobs.api.context import C
from arango_jobs.api.decode import a_list, reading
from arango_jobs.api.group import ApiGroup, given
from arango_jobs.api.method import api_method
from arango_jobs.api.shapes import CACHE, CACHE_ENTRY, listed, renamed
from arango_jobs.api.types import Json
from arango_jobs.errors import (
    AQLCacheClearError,
    AQLCacheConfigureError,
    AQLCacheEntriesError,
    AQLCachePropertiesError,
)
from arango_jobs.operations import Operation, Retry

__all__ = ["AQLQueryCache"]


class AQLQueryCache(ApiGroup[C]):
    """The cache of query results of one database."""

    @api_method
    def properties(self) -> Operation[Json]:
        """Return the cache's settings."""
        return self._operation(
            "aql_cache.properties",
            "GET",
            "/_api/query-cache/properties",
            reading(renamed(CACHE)),
            AQLCachePropertiesError,
        )

    @api_method
    def configure(
        self,
        mode: str | None = None,
        max_results: int | None = None,
        max_results_size: int | None = None,
        max_entry_size: int | None = None,
        include_system: bool | None = None,
    ) -> Operation[Json]:
        """Change the cache's settings (`mode` "off", "on" or "demand"; sizes in bytes)."""
        return self._operation(
            "aql_cache.configure",
            "PUT",
            "/_api/query-cache/properties",
            reading(renamed(CACHE)),
            AQLCacheConfigureError,
            body=given(
                mode=mode,
                maxResults=max_results,
                maxResultsSize=max_results_size,
                maxEntrySize=max_entry_size,
                includeSystem=include_system,
            ),
            retry=Retry.IDEMPOTENT,
        )

    @api_method
    def entries(self) -> Operation[list[Json]]:
        """Return what the cache holds."""
        return self._operation(
            "aql_cache.entries",
            "GET",
            "/_api/query-cache/entries",
            reading(listed(CACHE_ENTRY)),
            AQLCacheEntriesError,
        )

    @api_method
    def clear(self) -> Operation[bool]:
        """Empty the cache."""
        return self._clear("aql_cache.clear", "/_api/query-cache", True)

    @api_method
    def plan_entries(self) -> Operation[list[Json]]:
        """Return what the cache of query plans holds."""
        return self._operation(
            "aql_cache.plan_entries",
            "GET",
            "/_api/query-plan-cache",
            reading(a_list),
            AQLCacheEntriesError,
        )

    @api_method
    def clear_plan(self) -> Operation[None]:
        """Empty the cache of query plans."""
        return self._clear("aql_cache.clear_plan", "/_api/query-plan-cache", None)

    def _clear(self, name: str, path: str, value: Any) -> Operation[Any]:
        return self._operation(
            name,
            "DELETE",
            path,
            reading(lambda _: value),
            AQLCacheClearError,
            retry=Retry.IDEMPOTENT,
        )

    def __repr__(self) -> str:
        return f"<AQLQueryCache in {self.db_name}>"
