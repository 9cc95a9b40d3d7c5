"""Queries watched, and AQL's own functions and rules."""

from __future__ import annotations

from typing import Any

from arango_jobs.api.context import C
from arango_jobs.api.decode import a_list, reading
from arango_jobs.api.group import ApiGroup, given
from arango_jobs.api.method import api_method
from arango_jobs.api.shapes import QUERY, TRACKING, listed, renamed
from arango_jobs.api.types import Json
from arango_jobs.errors import (
    AQLFunctionCreateError,
    AQLFunctionDeleteError,
    AQLFunctionListError,
    AQLQueryClearError,
    AQLQueryHistoryError,
    AQLQueryKillError,
    AQLQueryListError,
    AQLQueryRulesGetError,
    AQLQueryTrackingGetError,
    AQLQueryTrackingSetError,
)
from arango_jobs.operations import Operation, Retry, quote_segment

__all__ = ["AQLWatch"]

_FUNCTION_NOT_FOUND = 1582


class AQLWatch(ApiGroup[C]):
    """Calls about queries that run or ran."""

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
        slow_query_threshold: float | None = None,
        slow_streaming_query_threshold: float | None = None,
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
                for function in a_list(body["result"])
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
            reading(lambda body: [_rule(rule) for rule in a_list(body)]),
            AQLQueryRulesGetError,
        )


def _done(body: Any) -> bool:
    return True


def _rule(rule: Any) -> Json:
    return {name: rule[name] for name in ("name", "flags") if name in rule}
