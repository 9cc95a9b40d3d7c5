"""An option of the wrong type, or out of its range, is refused by the call it is given to."""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Iterator, MutableMapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import arango.aql
import arango.collection
import arango.database
import arango.graph
import pytest
from options_table import CALLABLES, NO_OPTIONS, WRONG, options_of, wrong_values

import arango_jobs
from arango_jobs import AQL, ArangoClient, AsyncJob, JobManager, OptionError, StandardDatabase
from arango_jobs.api.aql_cache import AQLQueryCache
from arango_jobs.api.cursor import Cursor
from arango_jobs.checking import rules_of

Case = tuple[str, str, Any]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    """Return what is called: nothing of it may send anything."""
    ledger = tmp_path_factory.mktemp("ledger") / "ledger"
    with ArangoClient("http://127.0.0.1:1") as client:
        db = client.db()
        JobManager(db, ledger=ledger).shutdown()
        with JobManager(db) as jobs:
            yield SimpleNamespace(
                client=client,
                db=db,
                jobs=jobs,
                ledger=ledger,
                job=AsyncJob(db.conn, "7", None, None),  # type: ignore[arg-type]  # not asked
                cursor=Cursor(db.conn, {"result": [], "id": "7"}, 0),
            )


def test_every_callable_has_its_rows() -> None:
    """With every option, and no row is about one that is not there."""
    assert set(CALLABLES) == set(WRONG)
    for name, callee in CALLABLES.items():
        assert sorted(options_of(callee)) == sorted(WRONG[name]), name


def _public_methods(owner: type) -> Iterator[str]:
    for name, function in inspect.getmembers(owner, callable):
        is_ours = str(getattr(function, "__module__", "")).startswith("arango_jobs")
        if not name.startswith("_") and is_ours and inspect.signature(function).parameters:
            parameters = list(inspect.signature(function).parameters.values())
            if [each for each in parameters if each.name != "self" and each.default != each.empty]:
                yield name


@pytest.mark.parametrize(
    "owner", [JobManager, arango_jobs.JobFuture, ArangoClient, AsyncJob, arango_jobs.Cursor]
)
def test_every_method_with_options_has_its_row(owner: type) -> None:
    """Of the classes that do not build operations; those that do are checked by annotations."""
    known = {*CALLABLES, *NO_OPTIONS}
    missing = {f"{owner.__name__}.{name}" for name in _public_methods(owner)} - known
    assert missing == set()


def _id(case: Case) -> str:
    return f"{case[0]}-{case[1]}-{case[2]!r}"


@pytest.mark.parametrize("case", list(wrong_values()), ids=_id)
def test_a_wrong_value_is_refused(case: Case, world: SimpleNamespace) -> None:
    """In the call; the message names the option, and the type where that is wrong."""
    name, option, value = case
    with pytest.raises(OptionError) as caught:
        CALLABLES[name].call(world, {option: value})
    assert option in str(caught.value) or option in ("db", "hosts")


WRAPPERS = [
    StandardDatabase, arango_jobs.StandardCollection, arango_jobs.VertexCollection,
    arango_jobs.EdgeCollection, arango_jobs.Graph, AQL, AQLQueryCache,
]  # fmt: skip
_OTHERS: dict[str, Any] = {
    "bool": "no", "int": "5", "float": "5", "str": 5, "Sequence[str]": "abc", "Json": "abc",
    "list[Json]": "abc", "Sequence[Json]": "abc", "Mapping[str, Any]": "abc",
    "Mapping[str, str]": "abc", "MutableMapping[str, Any]": "abc",
}  # fmt: skip
UNCHECKED = {"echo.body", "request.body", "request.retry"}
"""What takes anything, or is looked at by the method itself."""


def _methods() -> Iterator[tuple[type, str, Any]]:
    for wrapper in WRAPPERS:
        for name, function in inspect.getmembers(wrapper, inspect.isfunction):
            if hasattr(function, "__builds_operation__"):
                yield wrapper, name, function


def test_every_option_of_every_wrapper_is_checked(world: SimpleNamespace) -> None:
    """By its annotation, before anything is sent, in a call and in `submit`."""
    unchecked = set()
    for wrapper, name, function in _methods():
        rules = rules_of(function, options_only=True)
        for parameter in list(inspect.signature(function).parameters.values())[1:]:
            if parameter.default is parameter.empty:
                continue
            if parameter.name not in rules.by_name:
                unchecked.add(f"{name}.{parameter.name}")
                continue
            rule = rules.by_name[parameter.name]
            is_either = {"int", "str"} <= {*rule.parts}
            wrong = 2.5 if is_either else next(_OTHERS[p] for p in _OTHERS if p in rule.parts)
            with pytest.raises(OptionError, match=parameter.name) as caught:
                function.__builds_operation__.check((), {parameter.name: wrong})
            assert type(wrong).__name__ in str(caught.value)
            assert wrapper.__name__
    assert unchecked == UNCHECKED


def test_how_wrappers_are_called(world: SimpleNamespace) -> None:
    """By name and by position, directly and by way of a manager."""
    collection = world.db.collection("c")
    for call in (
        lambda: collection.insert({}, "no"),
        lambda: collection.insert({}, silent="no"),
        lambda: collection.all("1"),
        lambda: world.jobs.collection("c").insert({}, silent=1),
        lambda: world.jobs.submit(collection.insert, {}, silent=1),
        lambda: world.jobs.submit(collection.all, "1"),
        lambda: world.jobs.db.aql.execute("RETURN 1", optimizer_rules="-all"),
    ):
        with pytest.raises(OptionError, match="must be"):
            call()
    assert world.jobs.stats().in_flight == 0


THEIRS: dict[type, type] = {
    StandardDatabase: arango.database.StandardDatabase,
    arango_jobs.StandardCollection: arango.collection.StandardCollection,
    arango_jobs.VertexCollection: arango.collection.VertexCollection,
    arango_jobs.EdgeCollection: arango.collection.EdgeCollection,
    arango_jobs.Graph: arango.graph.Graph,
    AQL: arango.aql.AQL,
    AQLQueryCache: arango.aql.AQLQueryCache,
}
_SAMPLES: dict[Any, Any] = {
    bool: True, int: 3, float: 2.5, str: "x", type(None): None, list: [], Sequence: [],
    dict: {}, MutableMapping: {},
}  # fmt: skip


def test_what_the_driver_takes_is_taken() -> None:
    """Whatever python-arango's own annotation of an option allows."""
    refused = []
    for wrapper, name, function in _methods():
        theirs = getattr(THEIRS[wrapper], name, None)
        if theirs is None:
            continue
        rules = rules_of(function, options_only=True).by_name
        for each in inspect.signature(theirs).parameters.values():
            is_union = typing.get_origin(each.annotation) in (typing.Union, types.UnionType)
            kinds = typing.get_args(each.annotation) if is_union else (each.annotation,)
            for kind in kinds:
                sample = _SAMPLES.get(typing.get_origin(kind) or kind, ...)
                if each.name in rules and sample is not ...:
                    try:
                        rules[each.name].check(each.name, sample)
                    except OptionError as error:
                        refused.append(str(error))
    assert refused == []


def test_a_secret_is_not_repeated() -> None:
    """The type of a password is enough."""
    with pytest.raises(OptionError) as caught:
        ArangoClient().db(password=12345678)  # type: ignore[arg-type]  # that is the point
    assert str(caught.value) == "password must be text, not an int"


def test_nothing_is_left_behind_by_a_refusal(world: SimpleNamespace, tmp_path: Path) -> None:
    """No file of a ledger, no thread."""
    with pytest.raises(OptionError):
        JobManager(world.db, ledger=tmp_path / "new", merge="no")
    assert list(tmp_path.iterdir()) == []
