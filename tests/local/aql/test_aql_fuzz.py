"""Whatever is asked, the answer is rows or an ArangoError."""

from __future__ import annotations

import json

import pytest
from aqlcases import tokens
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arango_jobs.local.aql import QueryContext, QueryOptions, explain_query, parse_query, run_query
from arango_jobs.local.aql.functions import REGISTRY
from arango_jobs.local.errors import ArangoError
from arango_jobs.local.store import Store
from arango_jobs.testing import FakeClock

TOKENS = tokens()
SLOW = {"SLEEP"}


def outcome(work):
    """Return what `work` gives, or None when it is refused in the proper way."""
    try:
        return work()
    except ArangoError as error:
        is_proper = bool(error.message) and 400 <= error.status < 600
    assert is_proper
    return None


def attempt(query, binds):
    database = Store().databases["_system"]
    database.create_collection("c").insert({"_key": "k", "x": 1})
    database.create_collection("e", type=3).insert({"_from": "c/k", "_to": "c/k"})
    clock = FakeClock(auto_advance=True)
    context = QueryContext(database, clock, deadline=2.0, memory_limit=10_000_000)
    for work in (
        lambda: parse_query(query),
        lambda: explain_query(query, binds, QueryOptions(all_plans=True), context),
        lambda: list(run_query(query, binds, QueryOptions(profile=2), context).rows),
    ):
        outcome(work)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(TOKENS), max_size=14))
def test_random_tokens(tokens):
    """Tokens in any order."""
    query = " ".join(tokens)
    attempt(query, {"b": 1, "@c": "c"} if "@" in query else {})


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=30))
def test_random_text(text):
    """Characters in any order."""
    attempt(text, {})
    attempt("RETURN " + text, {})


STATEMENTS = st.lists(
    st.sampled_from(
        [
            "FOR d IN c", "FOR i IN 1..3", "FOR v, g, p IN 0..2 ANY 'c/k' e",
            "FOR w IN ANY SHORTEST_PATH 'c/k' TO d e", "FILTER d.x == 1", "FILTER i",
            "SORT d.x DESC, i", "LIMIT 1, 2", "LET y = d.x / i", "LET z = (FOR q IN c RETURN q)",
            "COLLECT k = d.x INTO m", "COLLECT WITH COUNT INTO n", "COLLECT AGGREGATE s = SUM(i)",
            "INSERT {y: i} INTO c", "UPDATE d WITH {x: y} IN c", "REMOVE d IN c",
            "UPSERT {x: i} INSERT {x: i} UPDATE {x: OLD.x + 1} IN c",
            "WINDOW {preceding: 1} AGGREGATE t = AVG(i)", "REPLACE 'k' WITH {a: z} IN c",
            "SORT RAND()",
        ]
    ),
    max_size=5,
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(
    STATEMENTS,
    st.sampled_from(["RETURN d", "RETURN DISTINCT i", "RETURN [NEW, OLD]", "RETURN m", ""]),
)
def test_random_statements(statements, end):
    """Operations in any order."""
    attempt(" ".join([*statements, end]), {})


ODD = [
    None, True, False, 0, 1, -1, 2.5, 1e300, -1e18, 2**63, "", "a", "c/k", "c", "2020-01-31",
    "P1D", "day", "m", "[", "%", "ü😀", "Europe/Berlin", "\ud800",
]  # fmt: skip
NAMES = st.sampled_from(["a", "_id", "type", "coordinates"])
ARGUMENTS = st.recursive(
    st.sampled_from(ODD),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=2),
    max_leaves=5,
)


@pytest.mark.parametrize("name", sorted(set(REGISTRY) - SLOW))
@settings(max_examples=25, deadline=None)
@given(arguments=st.lists(ARGUMENTS, max_size=5))
def test_function_with_any_arguments(name, arguments):
    """A function gives a value that JSON can carry, or fails as a query does."""
    database = Store().databases["_system"]
    database.create_collection("c").insert({"_key": "k"})
    definition = REGISTRY[name]
    most = definition.maximum if definition.maximum is not None else 5
    padded = (arguments + [None] * definition.minimum)[
        : max(definition.minimum, min(len(arguments), most))
    ]
    binds = {f"a{number}": value for number, value in enumerate(padded)}
    query = f"RETURN {name}({', '.join('@' + key for key in binds)})"
    before = json.dumps(binds)
    context = QueryContext(database)
    result = outcome(lambda: run_query(query, binds, QueryOptions(), context))
    if result is not None:
        json.dumps(list(result.rows), allow_nan=False)
    assert json.dumps(binds) == before
