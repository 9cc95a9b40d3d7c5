"""AQL: run, explain and check queries; `aql_watch.py` watches and stops them."""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from typing import Any

from arango_jobs.api.aql_cache import AQLQueryCache
from arango_jobs.api.aql_watch import AQLWatch
from arango_jobs.api.context import C
from arango_jobs.api.cursor import Cursor
from arango_jobs.api.decode import reading
from arango_jobs.api.group import dirty_read, given
from arango_jobs.api.method import api_method
from arango_jobs.api.queries import QueryGroup
from arango_jobs.api.shapes import without_status
from arango_jobs.api.types import Json
from arango_jobs.errors import (
    AQLQueryExecuteError,
    AQLQueryExplainError,
    AQLQueryValidateError,
)
from arango_jobs.operations import Operation, Retry

__all__ = ["AQL"]

_NOTHING_TOLD = (
    False, None, None, None, None, None, None, 0,
    None, None, None, None,
    None, None, None, None,
    None, None, None, False,
    None, None,
)  # fmt: skip
"""What `execute` is told where it is told nothing but the query."""


class AQL(AQLWatch[C], QueryGroup[C]):
    """AQL of one database."""

    @property
    def cache(self) -> AQLQueryCache[C]:
        """The cache of query results."""
        return AQLQueryCache(self._executor)

    @api_method
    def execute(
        self,
        query: str,
        count: bool = False,
        batch_size: int | None = None,
        ttl: float | None = None,
        bind_vars: MutableMapping[str, Any] | None = None,
        full_count: bool | None = None,
        max_plans: int | None = None,
        optimizer_rules: Sequence[str] | None = None,
        cache: bool | None = None,
        memory_limit: int = 0,
        fail_on_warning: bool | None = None,
        profile: bool | int | None = None,
        max_transaction_size: int | None = None,
        max_warning_count: int | None = None,
        intermediate_commit_count: int | None = None,
        intermediate_commit_size: int | None = None,
        satellite_sync_wait: float | None = None,
        stream: bool | None = None,
        skip_inaccessible_cols: bool | None = None,
        max_runtime: float | None = None,
        fill_block_cache: bool | None = None,
        allow_dirty_read: bool = False,
        allow_retry: bool = False,
        force_one_shard_attribute_value: str | None = None,
        use_plan_cache: bool | None = None,
    ) -> Operation[Cursor]:
        """Run a query and return a cursor over its rows.

        `batch_size` is rows a batch; `ttl` seconds that the server keeps an open
        cursor, which run while a job's result waits to be fetched; `max_runtime`
        seconds after which the server stops the query; `memory_limit` bytes.
        """
        told = (
            count, batch_size, ttl, full_count, max_plans, optimizer_rules, cache, memory_limit,
            fail_on_warning, profile, max_transaction_size, max_warning_count,
            intermediate_commit_count, intermediate_commit_size, satellite_sync_wait, stream,
            skip_inaccessible_cols, max_runtime, fill_block_cache, allow_retry,
            force_one_shard_attribute_value, use_plan_cache,
        )  # fmt: skip
        if told == _NOTHING_TOLD:
            # Nearly always; sorting out what was given costs as much as all the rest.
            return self._query(
                "aql.execute", query, None if bind_vars is None else dict(bind_vars),
                AQLQueryExecuteError,
                headers=dirty_read(allow_dirty_read), retry=Retry.NEVER,
            )  # fmt: skip
        options = given(
            fullCount=full_count,
            maxNumberOfPlans=max_plans,
            optimizer=None if optimizer_rules is None else {"rules": list(optimizer_rules)},
            cache=cache,
            failOnWarning=fail_on_warning,
            profile=profile,
            maxTransactionSize=max_transaction_size,
            maxWarningCount=max_warning_count,
            intermediateCommitCount=intermediate_commit_count,
            intermediateCommitSize=intermediate_commit_size,
            satelliteSyncWait=satellite_sync_wait,
            stream=stream,
            skipInaccessibleCollections=skip_inaccessible_cols,
            maxRuntime=max_runtime,
            fillBlockCache=fill_block_cache,
            allowRetry=allow_retry or None,
            forceOneShardAttributeValue=force_one_shard_attribute_value,
            usePlanCache=use_plan_cache,
        )
        more = given(
            count=count or None,
            batchSize=batch_size,
            ttl=ttl,
            memoryLimit=memory_limit or None,
            options=options or None,
        )
        return self._query(
            "aql.execute",
            query,
            None if bind_vars is None else dict(bind_vars),
            AQLQueryExecuteError,
            more=more,
            headers=dirty_read(allow_dirty_read),
            retry=Retry.NEVER,
            allow_retry=allow_retry,
        )

    @api_method
    def explain(
        self,
        query: str,
        all_plans: bool = False,
        max_plans: int | None = None,
        opt_rules: Sequence[str] | None = None,
        bind_vars: MutableMapping[str, Any] | None = None,
    ) -> Operation[Json | list[Json]]:
        """Return how a query would be executed: one plan, or a list with `all_plans`."""
        options = given(
            allPlans=all_plans,
            maxNumberOfPlans=max_plans,
            optimizer=None if opt_rules is None else {"rules": list(opt_rules)},
        )
        body: Json = {"query": query, "options": options}
        if bind_vars is not None:
            body["bindVars"] = dict(bind_vars)
        return self._operation(
            "aql.explain",
            "POST",
            "/_api/explain",
            reading(_plans),
            AQLQueryExplainError,
            body=body,
            retry=Retry.SAFE,
        )

    @api_method
    def validate(self, query: str) -> Operation[Json]:
        """Return what a query's text consists of, without running it."""
        return self._operation(
            "aql.validate",
            "POST",
            "/_api/query",
            reading(_parsed),
            AQLQueryValidateError,
            body={"query": query},
            retry=Retry.SAFE,
        )

    def __repr__(self) -> str:
        return f"<AQL in {self.db_name}>"


def _parsed(body: Any) -> Json:
    parsed: Json = without_status(body)
    if "bindVars" in parsed:
        parsed["bind_vars"] = parsed.pop("bindVars")
    return parsed


def _plans(body: Any) -> Json | list[Json]:
    plans = [body["plan"]] if "plan" in body else body["plans"]
    if "stats" in body:
        for plan in plans:
            plan["stats"] = body["stats"]
    return plans[0] if "plan" in body else plans
