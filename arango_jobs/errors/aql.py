"""Errors that the server answers with, about AQL queries and cursors; one class a call."""

from __future__ import annotations

from arango_jobs.errors.base import ArangoServerError

__all__ = [
    "AQLCacheClearError",
    "AQLCacheConfigureError",
    "AQLCacheEntriesError",
    "AQLCachePropertiesError",
    "AQLFunctionCreateError",
    "AQLFunctionDeleteError",
    "AQLFunctionListError",
    "AQLQueryClearError",
    "AQLQueryExecuteError",
    "AQLQueryExplainError",
    "AQLQueryHistoryError",
    "AQLQueryKillError",
    "AQLQueryListError",
    "AQLQueryRulesGetError",
    "AQLQueryTrackingGetError",
    "AQLQueryTrackingSetError",
    "AQLQueryValidateError",
    "CursorCloseError",
    "CursorNextError",
]


class AQLQueryListError(ArangoServerError):
    """The running or slow queries could not be listed."""


class AQLQueryExplainError(ArangoServerError):
    """A query could not be explained."""


class AQLQueryValidateError(ArangoServerError):
    """A query could not be parsed."""


class AQLQueryExecuteError(ArangoServerError):
    """A query failed."""


class AQLQueryKillError(ArangoServerError):
    """A query could not be stopped."""


class AQLQueryClearError(ArangoServerError):
    """The list of slow queries could not be cleared."""


class AQLQueryTrackingGetError(ArangoServerError):
    """How queries are tracked could not be read."""


class AQLQueryTrackingSetError(ArangoServerError):
    """How queries are tracked could not be changed."""


class AQLQueryHistoryError(ArangoServerError):
    """The history of queries could not be read."""


class AQLQueryRulesGetError(ArangoServerError):
    """The optimizer's rules could not be read."""


class AQLCachePropertiesError(ArangoServerError):
    """The query cache's settings could not be read."""


class AQLCacheConfigureError(ArangoServerError):
    """The query cache's settings could not be changed."""


class AQLCacheEntriesError(ArangoServerError):
    """The query cache's entries could not be listed."""


class AQLCacheClearError(ArangoServerError):
    """The query cache could not be cleared."""


class AQLFunctionListError(ArangoServerError):
    """The user-defined AQL functions could not be listed."""


class AQLFunctionCreateError(ArangoServerError):
    """An AQL function could not be registered."""


class AQLFunctionDeleteError(ArangoServerError):
    """An AQL function could not be removed."""


class CursorNextError(ArangoServerError):
    """The next batch of a cursor could not be had."""


class CursorCloseError(ArangoServerError):
    """A cursor could not be closed."""
