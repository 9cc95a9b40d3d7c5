"""Calls on single documents travel as arrays, and give what single requests give."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from arango.exceptions import DocumentInsertError, DocumentRevisionError
from driver_world import World, outcome

from arango_jobs import JobManager
from arango_jobs.local.faults import Fault

pytestmark = pytest.mark.local_only

KEYS = [f"k{number:02}" for number in range(30)]

Call = Callable[[Any, str], Any]


def _both(key: str, **more: Any) -> dict[str, Any]:
    return {"_key": key, **more}


CALLS: dict[str, Call] = {
    "insert": lambda c, key: c.insert(_both(key + "n", v=1)),
    "insert again": lambda c, key: c.insert(_both(key)),
    "insert silent": lambda c, key: c.insert(_both(key + "n"), silent=True),
    "insert new": lambda c, key: c.insert(_both(key + "n", v=1), return_new=True, sync=True),
    "insert over": lambda c, key: c.insert(_both(key, w=1), overwrite=True, return_old=True),
    "insert ignore": lambda c, key: c.insert(_both(key, w=1), overwrite_mode="ignore"),
    "insert by id": lambda c, key: c.insert({"_id": f"c/{key}n"}),
    "insert wrong key": lambda c, key: c.insert({"_key": "no/key"}),
    "update": lambda c, key: c.update(_both(key, w={"x": 1})),
    "update all": lambda c, key: c.update(_both(key, v=None), keep_none=False, return_new=True),
    "update by id": lambda c, key: c.update({"_id": f"c/{key}", "w": 1}),
    "update silent": lambda c, key: c.update(_both(key, w=1), silent=True),
    "update missing": lambda c, key: c.update(_both(key + "n")),
    "update wrong rev": lambda c, key: c.update(_both(key, _rev="_none")),
    "update any rev": lambda c, key: c.update(_both(key, _rev="_none"), check_rev=False),
    "replace": lambda c, key: c.replace(_both(key, w=1), return_old=True),
    "replace wrong rev": lambda c, key: c.replace(_both(key, _rev="_none")),
    "replace missing": lambda c, key: c.replace(_both(key + "n"), silent=True),
    "delete": lambda c, key: c.delete(key),
    "delete old": lambda c, key: c.delete(_both(key), return_old=True, sync=True),
    "delete silent": lambda c, key: c.delete(f"c/{key}", silent=True),
    "delete missing": lambda c, key: c.delete(key + "n"),
    "delete if there": lambda c, key: c.delete(key + "n", ignore_missing=True),
    "delete wrong rev": lambda c, key: c.delete(_both(key, _rev="_none")),
    "get": lambda c, key: c.get(key),
    "get missing": lambda c, key: c.get(key + "n"),
    "get wrong rev": lambda c, key: c.get(key, rev="_none"),
    "has": lambda c, key: c.has(key),
    "has missing": lambda c, key: c.has(key + "n"),
}
# Alone on their way: a revision in a header, no key in the body, the same key in all of them.
SINGLE = {"delete wrong rev", "get wrong rev", "insert wrong key", "update by id"}


@pytest.mark.parametrize("name", CALLS)
def test_a_merged_call_gives_what_a_single_request_gives(name, direct: World, jobs: JobManager):
    """Results and errors are those of the driver used directly, element by element."""
    call = CALLS[name]
    documents = [{"_key": key, "v": 1} for key in KEYS]
    with direct.database():
        direct.db.collection("c").insert_many(documents)
        c = direct.db.collection("c")
        expected = [outcome(lambda key=key: call(c, key)) for key in KEYS]
    jobs.collection("c").insert_many(documents).result(10)
    before = jobs.stats().requests
    futures = [call(jobs.collection("c"), key) for key in KEYS]
    assert [outcome(lambda future=future: future.result(20)) for future in futures] == expected
    requests = jobs.stats().requests - before
    assert (requests >= len(KEYS)) if name in SINGLE else (requests < len(KEYS))


def test_a_merged_error_tells_its_own_request(jobs: JobManager):
    c = jobs.collection("c")
    futures = [c.insert(_both("a", number=number)) for number in range(20)]
    errors = [future.exception(20) for future in futures]
    assert all(isinstance(error, DocumentInsertError) for error in errors)
    assert [error.request.data["number"] for error in errors] == list(range(20))


def test_calls_on_one_document_keep_their_order(jobs: JobManager):
    c = jobs.collection("c")
    futures = [c.update(_both("a", v=number)) for number in range(10)]
    assert [future.result(20)["_old_rev"] for future in futures[1:]] == [
        future.result()["_rev"] for future in futures[:-1]
    ]
    wrong = c.update(_both("a", _rev=futures[0].result()["_rev"], v=99))
    assert isinstance(wrong.exception(20), DocumentRevisionError)


def test_true_and_one_are_not_merged_with_each_other(jobs: JobManager):
    """The driver's handlers tell them apart."""
    c = jobs.collection("c")
    futures = [c.insert({}, silent=silent) for silent in (True, 1, True, 1)]
    assert [future.result(20) for future in futures] == [True] * 4
    assert futures[0].kind is futures[2].kind is not futures[1].kind


def test_keys_of_the_managers_make_a_repeated_insert_harmless(managed: World):
    with managed.database(), JobManager(managed.db, client_keys=True) as jobs:
        managed.server.faults.add(Fault("POST /_api/document/{collection}", "close_after"))
        future = jobs.collection("c").insert({"v": 7})
        meta = future.result(20)
        managed.server.faults.reset()
        assert managed.db.collection("c").get(meta["_key"])["v"] == 7
        assert managed.db.collection("c").count() == 3


def test_merging_can_be_turned_off(managed: World):
    with managed.database(), JobManager(managed.db, merge=False) as jobs:
        futures = [jobs.collection("c").insert({}) for _ in range(20)]
        assert all(future.result(20)["_key"] for future in futures)
        assert jobs.stats().requests >= 40
