"""Merged or not, the same operations give the same futures and leave the same documents."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arango_jobs import ArangoServerError, JobFuture, JobManager, StandardDatabase

_KEYS = ("a", "b", "c", "d")
_numbers = itertools.count()


@dataclass(frozen=True)
class Call:
    """A call of a collection's method; `stale` puts a revision in that is not the stored one."""

    method: str
    key: str
    value: Any
    options: tuple[tuple[str, Any], ...]
    stale: bool = False

    def make(self, collection: Any) -> JobFuture[Any]:
        options = dict(self.options)
        document: dict[str, Any] = {"_key": self.key, "v": self.value}
        if self.stale and self.method != "insert":
            document["_rev"] = "_stale"
        if self.method in ("get", "delete"):
            document.pop("v")
        future: JobFuture[Any] = getattr(collection, self.method)(document, **options)
        return future


def _options(method: str) -> st.SearchStrategy[tuple[tuple[str, Any], ...]]:
    flags = {
        "insert": ["return_new", "silent", "sync"],
        "update": ["return_new", "return_old", "silent", "sync", "keep_none", "merge", "check_rev"],
        "replace": ["return_new", "return_old", "silent", "sync", "check_rev"],
        "delete": ["return_old", "silent", "sync", "check_rev", "ignore_missing"],
        "get": ["check_rev"],
    }[method]
    chosen = st.lists(st.sampled_from(flags), unique=True, max_size=2)
    pairs = chosen.flatmap(
        lambda names: st.tuples(*(st.tuples(st.just(name), st.booleans()) for name in names))
    )
    if method != "insert":
        return pairs
    modes = st.sampled_from([(), (("overwrite_mode", "ignore"),), (("overwrite_mode", "replace"),),
                             (("overwrite_mode", "update"), ("keep_none", False))])  # fmt: skip
    return st.tuples(pairs, modes).map(lambda both: both[0] + both[1])


_values = st.one_of(st.none(), st.integers(0, 9), st.just({"x": 1}), st.just({"y": None}))
_calls = st.sampled_from(["insert", "update", "replace", "delete", "get"]).flatmap(
    lambda method: st.builds(
        Call,
        st.just(method),
        st.sampled_from(_KEYS),
        _values,
        _options(method),
        st.sampled_from([False, False, False, True]),
    )
)


@pytest.fixture
def db(module_db: StandardDatabase[Any]) -> StandardDatabase[Any]:
    return module_db


@pytest.fixture(scope="module")
def managers(module_db: StandardDatabase[Any]) -> Iterator[tuple[JobManager, JobManager]]:
    with (
        JobManager(module_db, linger=0.002) as merging,
        JobManager(module_db, merge=False) as single,
    ):
        yield merging, single


def _neutral(value: Any, name: str) -> Any:
    """Return `value` without what differs between two collections and two moments."""
    if isinstance(value, dict):
        return {
            key: "a revision" if key in ("_rev", "_old_rev") else _neutral(item, name)
            for key, item in value.items()
        }
    return value.replace(name, "the collection") if isinstance(value, str) else value


def _outcome(future: JobFuture[Any], name: str) -> Any:
    error = future.exception(timeout=20)
    if error is None:
        return _neutral(future.result(), name)
    assert isinstance(error, ArangoServerError), error
    facts = (error.http_code, error.error_code, error.http_method)
    return (type(error).__name__, *facts, _neutral(error.message, name), _path(error.url, name))


def _path(url: str, name: str) -> str:
    return url.partition("/_db/")[2].replace(name, "the collection")


def _run(manager: JobManager, db: StandardDatabase[Any], calls: list[Call]) -> tuple[Any, Any]:
    name = f"c{next(_numbers)}x"
    db.create_collection(name)
    handle = manager.collection(name, ordered=True)
    futures = [call.make(handle) for call in calls]
    outcomes = [_outcome(future, name) for future in futures]
    stored = {document["_key"]: _neutral(document, name) for document in db.collection(name).all()}
    db.delete_collection(name)
    return outcomes, stored


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(calls=st.lists(_calls, min_size=1, max_size=24))
def test_merged_and_single_calls_are_equal(
    calls: list[Call], db: StandardDatabase[Any], managers: tuple[JobManager, JobManager]
) -> None:
    """The same results, error classes, codes, messages and documents."""
    merging, single = managers
    assert _run(merging, db, calls) == _run(single, db, calls)


def test_many_calls_really_travel_as_one(db: StandardDatabase[Any]) -> None:
    """Else the property above would compare a thing with itself."""
    db.create_collection("many")
    with JobManager(db, linger=0.05) as jobs:
        many = jobs.collection("many")
        futures = [many.insert({"_key": str(number)}) for number in range(300)]
        keys = [future.result(timeout=20)["_key"] for future in futures]
        assert keys == [str(number) for number in range(300)]
        assert len({future.job_id for future in futures}) <= 3
        assert jobs.stats().requests < 20


def test_order_of_calls_on_one_document(db: StandardDatabase[Any]) -> None:
    """Through an ordered handle, a hundred updates of one document take effect one by one."""
    db.create_collection("one")
    db.collection("one").insert({"_key": "k", "v": -1})
    with JobManager(db) as jobs:
        one = jobs.collection("one", ordered=True)
        futures = [one.update({"_key": "k", "v": number}, return_old=True) for number in range(100)]
        olds = [future.result(timeout=20)["old"]["v"] for future in futures]
    assert olds == list(range(-1, 99))
    assert db.collection("one").get("k")["v"] == 99
