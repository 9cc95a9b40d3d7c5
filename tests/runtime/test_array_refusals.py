"""An answer about an array is no answer about its elements: each of them gets its own."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from poller_rig import Rig, kind_of, merged_kind

from arango_jobs import ArangoServerError, json
from arango_jobs._net.exchange import Exchanges
from arango_jobs.operations import MergePlan, Operation, OperationKind, Retry

READS = kind_of(
    name="document.get",
    method="PUT",
    retry=Retry.SAFE,
    merge=MergePlan("PUT", "/_db/d/_api/document/c?onlyget=true", lambda o: o.body, dict, 200),
)
WRITES = merged_kind()
ORDERED = merged_kind(order="d/c")
OURS = merged_kind()

Refusal = tuple[int, "int | None"]

# A status and the number of an ArangoDB error; no number: the words of something in front of it.
# What of them is due to an element and has run nothing, of a submission and of a job's result.
BY_AN_ELEMENT: dict[str, list[Refusal]] = {
    "submission": [
        (413, None), (400, 600), (400, None), (400, 10), (403, None), (406, None), (422, None),
    ],
    "result": [(413, None), (400, 600), (400, 1221), (400, 1227), (400, 1466), (400, 1468)],
}  # fmt: skip
OF_ALL: dict[str, list[Refusal]] = {
    "submission": [
        (400, 400), (401, 11), (403, 11), (403, 1004), (404, 1203), (404, 1228), (404, None),
        (405, 405), (410, None),
    ],
    # What a cluster says of one shard may be said when others have stored their part.
    "result": [
        (400, 10), (400, 1620), (400, None), (401, 11), (403, 11), (403, 1004), (404, 1203),
        (409, 1200), (410, 21), (412, 1200), (422, None), (500, 4), (500, 32), (503, 1429),
    ],
}  # fmt: skip


class Server:
    """Refuses whatever has a bad element, and counts what it is asked and what it runs."""

    def __init__(self, rig: Rig, refusal: Refusal, bad: set[int], at: str) -> None:
        self._rig = rig
        self._status, number = refusal
        self._body = b"no" if number is None else _error(self._status, number)
        self._bad = bad
        self._at = at
        self._jobs: dict[str, tuple[int, bytes]] = {}
        self.requests = 0
        self.runs: Counter[int] = Counter()

    def serve(self) -> None:
        """Answer until nobody asks for anything."""
        for _ in range(200):
            for exchange in list(self._rig.transport.waiting):
                self._answer(exchange)
            self._rig.step()
            if not self._rig.transport.waiting:
                self._rig.pass_time(1.0)
                if not self._rig.transport.waiting:
                    return

    def _answer(self, exchange: Exchanges) -> None:
        request = exchange.request
        if "/_api/job/" in request.target:
            job_id = request.target.rpartition("/")[2]
            status, body = self._jobs.pop(job_id)
            headers = {"x-arango-async-id": job_id}
            self._rig.transport.answer(status, body, headers=headers, to=exchange)
            return
        if "/_api/document/" not in request.target:
            self._rig.transport.answer(200, b'{"server":{"uptime":1000}}', to=exchange)
            return
        self.requests += 1
        sent = json.loads(request.body)
        documents = sent if isinstance(sent, list) else [sent]
        numbers = [each["n"] for each in documents]
        is_refused = not self._bad.isdisjoint(numbers)
        if is_refused and self._at == "submission":
            self._rig.transport.answer(self._status, self._body, to=exchange)
            return
        job_id = str(1000 + self.requests)
        if is_refused:
            self._jobs[job_id] = (self._status, self._body)
        else:
            self.runs.update(numbers)
            results = [{"_key": each["_key"]} for each in documents]
            whole = results if isinstance(sent, list) else results[0]
            self._jobs[job_id] = (202, json.dumps(whole))
        headers = {"x-arango-async-id": job_id}
        self._rig.transport.answer(202, headers=headers, to=exchange)


def _error(status: int, number: int) -> bytes:
    return json.dumps({"error": True, "code": status, "errorNum": number, "errorMessage": "no"})


def operation(kind: OperationKind[Any], number: int) -> Operation[Any]:
    document = {"_key": f"k{number}", "n": number}
    return Operation(kind, document, f"k{number}", (), True, made_key=kind is OURS)


def run(
    refusal: Refusal, at: str, kind: OperationKind[Any], count: int, bad: set[int]
) -> tuple[Server, list[Any]]:
    rig = Rig(merge_max_operations=count)
    futures = rig.submit(*(operation(kind, number) for number in range(count)))
    server = Server(rig, refusal, bad, at)
    server.serve()
    rig.close()
    return server, futures


@pytest.mark.parametrize("kind", [WRITES, ORDERED, OURS, READS], ids=["w", "o", "k", "r"])
@pytest.mark.parametrize(
    ("at", "refusal"), [(at, each) for at, some in BY_AN_ELEMENT.items() for each in some]
)
@settings(max_examples=8)
@given(count=st.integers(2, 40), data=st.data())
def test_each_element_has_its_own_answer(
    at: str, refusal: Refusal, kind: OperationKind[Any], count: int, data: st.DataObject
) -> None:
    """Only the bad ones fail, nothing runs twice, and few requests find out which they are."""
    bad = data.draw(st.sets(st.integers(0, count - 1), max_size=4))
    server, futures = run(refusal, at, kind, count, bad)
    for number, future in enumerate(futures):
        if number in bad:
            assert isinstance(future.exception(0), ArangoServerError)
            assert str(refusal[0]) in str(future.exception(0))
        else:
            assert future.result(0) == {"_key": f"k{number}"}
    assert server.runs == Counter(set(range(count)) - bad)
    assert server.requests <= 1 + 2 * len(bad) * math.ceil(math.log2(count))


@pytest.mark.parametrize("kind", [WRITES, ORDERED, OURS], ids=["w", "o", "k"])
@pytest.mark.parametrize(
    ("at", "refusal"), [(at, each) for at, some in OF_ALL.items() for each in some]
)
def test_what_is_said_of_all_is_told_to_all(
    at: str, refusal: Refusal, kind: OperationKind[Any]
) -> None:
    """The same answer would come to each of them, or some of them may have run."""
    server, futures = run(refusal, at, kind, 8, {3})
    assert server.requests == 1
    assert all(isinstance(future.exception(0), ArangoServerError) for future in futures)


@pytest.mark.parametrize("refusal", [(400, 10), (400, None), (400, 1620)])
def test_reads_are_asked_again_whatever_the_reason(refusal: Refusal) -> None:
    """They do no harm, however much of them has run."""
    server, futures = run(refusal, "result", READS, 8, {3})
    assert [future.exception(0) is None for future in futures] == [n != 3 for n in range(8)]
    assert server.requests == 1 + 2 * 3


def test_all_are_bad() -> None:
    """Twice as many requests as operations, and one less."""
    server, futures = run((400, 600), "result", WRITES, 32, set(range(32)))
    assert all(isinstance(future.exception(0), ArangoServerError) for future in futures)
    assert server.requests == 2 * 32 - 1


def test_followers_wait_for_the_halves() -> None:
    """Operations on one key keep their order, though the first was in an array that was refused."""
    rig = Rig(merge_max_operations=4)
    first, other, second = (
        Operation(ORDERED, {"_key": key, "n": number}, key, (), True)
        for number, key in ((0, "a"), (1, "b"), (2, "a"))
    )
    futures = rig.submit(first, other, second)
    server = Server(rig, (400, 600), {1}, "result")
    server.serve()
    rig.close()
    assert list(server.runs) == [0, 2]
    assert [future.exception(0) is None for future in futures] == [True, False, True]
