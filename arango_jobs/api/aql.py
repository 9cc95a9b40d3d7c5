"""AQL: run, explain, check and stop queries, and watch them."""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from typing import Any

from arango_jobs.api.aql_cache import AQLQueryCache
from arango_jobs.api.context import C
from arango_jobs.api.cursor import Cursor
from arango_jobs.api.decode import reading
from arango_jobs.api.group import dirty_read, given
from arango_jobs.api.method import api_method
from arango_jobs.api.queries import QueryGroup
from arango_jobs.api.shapes import QUERY, TRACKING, listed, renamed, without_status
from arango_jobs.api.types import Json
from arango_jobs.errors import (
    AQLFunctionCreateError,
    AQLFunctionDeleteError,
    AQLFunctionListError,
    AQLQueryClearError,
    AQLQueryExecuteError,
    AQLQueryExplainError,
    AQLQueryHistoryError,
    AQLQueryKillError,
    AQLQueryListError,
    AQLQueryRulesGetError,
    AQLQueryTrackingGetError,
    AQLQueryTrackingSetError,
    AQLQueryValidateError,
)
from arango_jobs.operations import Operation, Retry, quote_segment

__all__ = ["AQL"]

_FUNCTION_NOT_FOUND = 1582


class AQL(QueryGroup[C]):
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
        satellite_sync_wait: int | None = None,
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

    @api_method
    def kill(self, query_id: str) -> Operation[bool]:
        """Stop the running query with this id, which `queries` tells."""
        path = f"/_api/query/{quote_segment(str(query_id))}"
        return self._operation("aql.kill", "DELETE", path, reading(_done), AQLQueryKillError)

    @api_method
    def queries(self) -> Operation[list[Json]]:
        """Return the queries that run in this database."""
        return self._operation(
            "aql.queries", "GET", "/_api/query/current", reading(listed(QUERY)), AQLQueryListError
        )

    @api_method
    def slow_queries(self) -> Operation[list[Json]]:
        """Return the queries that took longer than the threshold of `tracking`."""
        return self._operation(
            "aql.slow_queries", "GET", "/_api/query/slow", reading(listed(QUERY)), AQLQueryListError
        )

    @api_method
    def clear_slow_queries(self) -> Operation[bool]:
        """Empty the list of slow queries."""
        return self._operation(
            "aql.clear_slow_queries",
            "DELETE",
            "/_api/query/slow",
            reading(_done),
            AQLQueryClearError,
            retry=Retry.IDEMPOTENT,
        )

    @api_method
    def tracking(self) -> Operation[Json]:
        """Return how queries are tracked."""
        return self._operation(
            "aql.tracking",
            "GET",
            "/_api/query/properties",
            reading(renamed(TRACKING)),
            AQLQueryTrackingGetError,
        )

    @api_method
    def set_tracking(
        self,
        enabled: bool | None = None,
        max_slow_queries: int | None = None,
        slow_query_threshold: int | None = None,
        slow_streaming_query_threshold: int | None = None,
        max_query_string_length: int | None = None,
        track_bind_vars: bool | None = None,
        track_slow_queries: bool | None = None,
    ) -> Operation[Json]:
        """Change how queries are tracked (thresholds in seconds) and return the new settings."""
        return self._operation(
            "aql.set_tracking",
            "PUT",
            "/_api/query/properties",
            reading(renamed(TRACKING)),
            AQLQueryTrackingSetError,
            body=given(
                enabled=enabled,
                maxSlowQueries=max_slow_queries,
                maxQueryStringLength=max_query_string_length,
                slowQueryThreshold=slow_query_threshold,
                slowStreamingQueryThreshold=slow_streaming_query_threshold,
                trackBindVars=track_bind_vars,
                trackSlowQueries=track_slow_queries,
            ),
            retry=Retry.IDEMPOTENT,
        )

    @api_method
    def history(self) -> Operation[Json]:
        """Return the server's history of queries."""
        return self._operation(
            "aql.history",
            "GET",
            "/_admin/server/aql-queries",
            reading(lambda body: body["result"]),
            AQLQueryHistoryError,
        )

    @api_method
    def functions(self) -> Operation[list[Json]]:
        """Return the AQL functions that users have registered."""
        rename = {"isDeterministic": "is_deterministic"}
        return self._operation(
            "aql.functions",
            "GET",
            "/_api/aqlfunction",
            reading(lambda body: [
                {rename.get(name, name): value for name, value in function.items()}
                for function in body["result"]
            ]),
            AQLFunctionListError,
        )  # fmt: skip

    @api_method
    def create_function(self, name: str, code: str) -> Operation[Json]:
        """Register JavaScript `code` as an AQL function."""
        return self._operation(
            "aql.create_function",
            "POST",
            "/_api/aqlfunction",
            reading(lambda body: {"is_new": body["isNewlyCreated"]}),
            AQLFunctionCreateError,
            body={"name": name, "code": code},
        )

    @api_method
    def delete_function(
        self, name: str, group: bool = False, ignore_missing: bool = False
    ) -> Operation[Json | bool]:
        """Remove an AQL function, or all of a name space if `group`."""
        return self._operation(
            "aql.delete_function",
            "DELETE",
            f"/_api/aqlfunction/{quote_segment(name)}",
            reading(
                lambda body: {"deleted": body["deletedCount"]},
                false_on=(_FUNCTION_NOT_FOUND,) if ignore_missing else (),
            ),
            AQLFunctionDeleteError,
            query={"group": group},
        )

    @api_method
    def query_rules(self) -> Operation[list[Json]]:
        """Return the optimizer's rules with their flags."""
        return self._operation(
            "aql.query_rules",
            "GET",
            "/_api/query/rules",
            reading(lambda body: [_rule(rule) for rule in body]),
            AQLQueryRulesGetError,
        )

    def __repr__(self) -> str:
        return f"<AQL in {self.db_name}>"


def _done(body: Any) -> bool:
    return True


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


def _rule(rule: Any) -> Json:
    return {name: rule[name] for name in ("name", "flags") if name in rule}
