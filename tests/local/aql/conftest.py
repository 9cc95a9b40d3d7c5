"""A database with a few collections and a graph, and short ways to query it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from arango_jobs.local.aql import QueryContext, QueryOptions, QueryResult, run_query
from arango_jobs.local.errors import ArangoError
from arango_jobs.local.store import Database, Graph, Store
from arango_jobs.testing import FakeClock

PEOPLE = [
    {"_key": "ann", "age": 30, "city": "Bonn", "tags": ["a", "b"]},
    {"_key": "bob", "age": 20, "city": "Bonn", "tags": ["b"]},
    {"_key": "cat", "age": 40, "city": "Köln", "tags": []},
    {"_key": "dan", "age": 20, "city": None},
]
KNOWS = [("ann", "bob", 1), ("bob", "cat", 2), ("ann", "cat", 9), ("cat", "dan", 1)]


@pytest.fixture
def database() -> Database:
    database = Store().databases["_system"]
    people = database.create_collection("people")
    for person in PEOPLE:
        people.insert(person)
    knows = database.create_collection("knows", type=3)
    for start, end, weight in KNOWS:
        knows.insert({"_from": f"people/{start}", "_to": f"people/{end}", "w": weight})
    database.create_collection("empty")
    definition = {"collection": "knows", "from": ["people"], "to": ["people"]}
    database.graphs["social"] = Graph("social", "1", "1", [definition], [])
    return database


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def context(database: Database, clock: FakeClock) -> QueryContext:
    return QueryContext(database=database, clock=clock)


Run = Callable[..., QueryResult]


@pytest.fixture
def run(context: QueryContext) -> Run:
    """Run a query; keyword arguments are options, `binds` its bind parameters."""

    def run(query: str, binds: dict[str, Any] | None = None, **options: Any) -> QueryResult:
        return run_query(query, binds or {}, QueryOptions(**options), context)

    return run


@pytest.fixture
def rows(run: Run) -> Callable[..., list[Any]]:
    """Return the rows of a query."""
    return lambda query, binds=None: list(run(query, binds).rows)


@pytest.fixture
def value(rows: Callable[..., list[Any]]) -> Callable[..., Any]:
    """Return the value of an expression."""
    return lambda expression, binds=None: rows(f"RETURN {expression}", binds)[0]


@pytest.fixture
def failure(run: Run) -> Callable[..., ArangoError]:
    """Return the error of a query that fails."""

    def fail(query: str, binds: dict[str, Any] | None = None, **options: Any) -> ArangoError:
        with pytest.raises(ArangoError) as caught:
            list(run(query, binds, **options).rows)
        return caught.value

    return fail
