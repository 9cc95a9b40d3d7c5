"""Names, parameters and defaults are those of the installed python-arango."""

from __future__ import annotations

import inspect
from typing import Any

import arango
import arango.aql
import arango.client
import arango.collection
import arango.cursor
import arango.database
import arango.exceptions
import arango.graph
import arango.job
import pytest
from driver_pairs import PAIRS

import arango_jobs

DIFFERENT = {
    "ArangoClient.__init__": "our own JSON; session= and timeout= after the rest",
    "StandardDatabase.request": "method and path instead of an object of the driver's own class",
    "AsyncDatabase.request": "method and path instead of an object of the driver's own class",
    # Made by the database here, never by the user.
    "StandardDatabase.__init__": "takes an executor, so that a manager can make one too",
    "AsyncDatabase.__init__": "takes an executor",
    "StandardCollection.__init__": "takes an executor, which has the connection",
    "VertexCollection.__init__": "takes an executor, which has the connection",
    "EdgeCollection.__init__": "takes an executor, which has the connection",
    "Graph.__init__": "takes an executor, which has the connection",
    "AQL.__init__": "takes an executor, which has the connection",
    "AQLQueryCache.__init__": "takes an executor, which has the connection",
    "AsyncJob.__init__": "knows its operation and its Coordinator",
    "Cursor.__init__": "knows its Coordinator",
}

LEFT_TO_THE_DRIVER = {
    "StandardDatabase": {
        "analyzer", "analyzers", "create_analyzer", "delete_analyzer",
        "view", "view_info", "views", "create_view", "update_view", "replace_view", "delete_view",
        "rename_view", "create_arangosearch_view", "update_arangosearch_view",
        "replace_arangosearch_view",
        "task", "tasks", "create_task", "delete_task",
        "begin_batch_execution", "begin_controlled_execution", "begin_transaction",
        "fetch_transaction", "list_transactions", "execute_transaction",
        "backup", "cluster", "foxx", "pregel", "replication", "wal",
        "create_access_token", "delete_access_token", "list_access_tokens",
        "api_calls", "compact", "encryption", "execute", "jwt_secrets", "reload_jwt_secrets",
        "license", "set_license", "log_levels", "set_log_levels", "reset_log_levels",
        "log_settings", "set_log_settings", "options", "options_available", "read_log",
        "read_log_entries", "reload_routing", "reload_tls", "tls", "required_db_version",
        "run_tests", "set_mode", "shutdown", "support_info",
    },
    "StandardCollection": {"find_in_box", "load", "unload", "statuses", "types"},
    "Graph": {"traverse"},
}  # fmt: skip
LEFT_TO_THE_DRIVER["VertexCollection"] = LEFT_TO_THE_DRIVER["StandardCollection"]
LEFT_TO_THE_DRIVER["EdgeCollection"] = LEFT_TO_THE_DRIVER["StandardCollection"]
LEFT_TO_THE_DRIVER["AsyncDatabase"] = LEFT_TO_THE_DRIVER["StandardDatabase"] - {
    "begin_batch_execution",
    "begin_controlled_execution",
    "begin_transaction",
    "fetch_transaction",
}


def parameters(function: Any) -> list[tuple[str, Any]]:
    """Return names and defaults, in order."""
    found = inspect.signature(function).parameters.values()
    return [(each.name, each.default) for each in found]


SHARED = [
    (name, method)
    for name, (theirs, ours) in PAIRS.items()
    for method, _ in inspect.getmembers(theirs, inspect.isfunction)
    if hasattr(ours, method)
    and (method == "__init__" or not method.startswith("_"))
    and f"{name}.{method}" not in DIFFERENT
]


@pytest.mark.parametrize(("name", "method"), SHARED)
def test_same_parameters(name: str, method: str) -> None:
    """A method of both takes the same parameters, in the same order, with the same defaults."""
    theirs, ours = PAIRS[name]
    assert parameters(getattr(ours, method)) == parameters(getattr(theirs, method))


@pytest.mark.parametrize("name", PAIRS)
def test_what_is_left_out(name: str) -> None:
    """What we do not have is known, and no more than that."""
    theirs, ours = PAIRS[name]
    public = {attribute for attribute in dir(theirs) if not attribute.startswith("_")}
    assert public - set(dir(ours)) == LEFT_TO_THE_DRIVER.get(name, set())


def test_the_client_takes_what_the_driver_takes() -> None:
    """The client's parameters are the driver's, in order, and two more by name only."""
    theirs = inspect.signature(arango.client.ArangoClient).parameters
    ours = inspect.signature(arango_jobs.ArangoClient).parameters
    assert list(ours) == [*theirs, "session", "timeout"]
    ours_only = {"serializer", "deserializer"}
    assert {name: ours[name].default for name in theirs if name not in ours_only} == {
        name: theirs[name].default for name in theirs if name not in ours_only
    }
    assert ours["session"].kind is inspect.Parameter.KEYWORD_ONLY
    assert ours["timeout"].kind is inspect.Parameter.KEYWORD_ONLY


def test_the_reasons_are_in_use() -> None:
    """Every exception is about a method that both have and that does differ."""
    for key in DIFFERENT:
        name, _, method = key.partition(".")
        theirs, ours = PAIRS[name]
        assert parameters(getattr(ours, method)) != parameters(getattr(theirs, method)), key


REPRS = {
    "db": "<StandardDatabase test>",
    "db.begin_async_execution()": "<AsyncDatabase test>",
    "db.begin_async_execution(False)": "<AsyncDatabase test>",
    "db.collection('c')": "<StandardCollection c>",
    "db.aql": "<AQL in test>",
    "db.graph('g')": "<Graph g>",
    "db.graph('g').vertex_collection('v')": "<VertexCollection v>",
    "db.graph('g').edge_collection('e')": "<EdgeCollection e>",
    "db.aql.cache": "<AQLQueryCache in test>",
    "client": "<ArangoClient http://127.0.0.1:1>",
}


@pytest.mark.parametrize("expression", REPRS)
@pytest.mark.parametrize("library", [arango, arango_jobs], ids=["driver", "ours"])
def test_same_reprs(library: Any, expression: str) -> None:
    """Objects show themselves as the driver's do."""
    client = library.ArangoClient(hosts="http://127.0.0.1:1/")
    db = client.db("test", username="u")
    assert repr(eval(expression, {"db": db, "client": client})) == REPRS[expression]
    assert (db.context, db.db_name, db.name, db.username) == ("default", "test", "test", "u")
    assert db.begin_async_execution().collection("c").context == "async"
    client.close()


def test_errors_of_the_calls_have_the_drivers_names() -> None:
    """Every error of ours that the server stands behind exists there too, but for a few."""
    ours = {
        name
        for name in arango_jobs.errors.__all__
        if issubclass(getattr(arango_jobs, name), arango_jobs.ArangoServerError)
    }
    assert ours - set(dir(arango.exceptions)) == {"DocumentImportError", "ServerRequestError"}
