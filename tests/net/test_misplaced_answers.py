"""Answers that are swapped, repeated or left out on their way: none is taken for another's."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from netpeer import answer, outcomes

from arango_jobs._net.connection import Connection
from arango_jobs._net.exchange import Exchanges, TransportEvent
from arango_jobs._net.responses import ResponseReader
from arango_jobs._net.verdict import settle
from arango_jobs.errors import NotHTTPError
from arango_jobs.operations import Template

FETCH = Template("PUT", "/_api/job/", names_leaf=True)
SUBMIT = Template("POST", "/_api/document/c", names_new=True)
OTHER = Template("GET", "/_api/version")
IN_DOUBT = ("NotHTTPError", True)
CLUSTER = 1 << 40


@dataclass(frozen=True)
class Asked:
    """One request, and the job that its answer names."""

    template: Template
    job_id: int | None = None
    status: str = "201 Created"

    def answer(self, token: int) -> bytes:
        line = b"" if self.job_id is None else b"X-Arango-Async-Id: %d\r\n" % self.job_id
        return answer(b"%d" % token, self.status, line)

    def exchange(self, token: int) -> Exchanges:
        leaf = str(self.job_id) if self.template is FETCH else ""
        made = Exchanges(self.template, [leaf], (b"",), 0, token, 60.0)
        made.heads, made.bodies, made.size = [b"x"], (), 1
        return made


@contextmanager
def connected() -> Iterator[tuple[Connection, socket.socket]]:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    reader = ResponseReader(max_head=1 << 20, max_body=1 << 20)
    with ours, theirs:
        yield Connection(ours, reader, "http://host"), theirs


def hear(asked: list[Asked], reads: list[list[bytes]]) -> dict[object, Any]:
    """Return what becomes of requests that are `asked` at once, of answers read in groups."""
    events: list[TransportEvent] = []
    view = memoryview(bytearray(1 << 16))
    with connected() as (connection, peer):
        connection.start(each.exchange(token) for token, each in enumerate(asked))
        try:
            for answers in reads:
                peer.sendall(b"".join(answers))
                connection.receive(view, events)
        except NotHTTPError as error:
            why = error
            failures, spared = settle(
                connection.unanswered, connection.written, lambda _: why, connection.order
            )
            assert not spared
            events += failures
    return outcomes(events)


def fetches(*job_ids: int) -> list[Asked]:
    return [Asked(FETCH, job_id) for job_id in job_ids]


def submits(*job_ids: int) -> list[Asked]:
    return [Asked(SUBMIT, job_id, "202 Accepted") for job_id in job_ids]


def answers_to(asked: list[Asked]) -> list[bytes]:
    return [each.answer(token) for token, each in enumerate(asked)]


def are_true(asked: list[Asked], found: dict[object, Any]) -> bool:
    """Whether every answer that was taken for one is that request's own."""
    return all(end == IN_DOUBT or end[1] == b"%d" % token for token, end in found.items()) and len(
        found
    ) <= len(asked)


@pytest.mark.parametrize("at_once", [True, False], ids=["one read", "many reads"])
@pytest.mark.parametrize(
    "asked",
    [
        fetches(1, 2, 3, 4),
        fetches(9, 10, 99, 100),
        fetches(CLUSTER + 1, 2, CLUSTER + 2, 1),
        submits(11, 12, 13, 14),
        submits(9, 10, 99, 100),
        submits(CLUSTER + 11, 1, CLUSTER + 12, 2),
        [*fetches(1, 2), *submits(11, 12)],
        [*submits(11, 12), *fetches(1, 2)],
        [Asked(OTHER, None, "200 OK"), *fetches(1, 2), Asked(OTHER, None, "200 OK")],
    ],
)
def test_in_their_places(asked: list[Asked], at_once: bool) -> None:
    """Nothing is wrong with them, and every request has its answer."""
    answers = answers_to(asked)
    found = hear(asked, [answers] if at_once else [[each] for each in answers])
    assert are_true(asked, found)
    assert IN_DOUBT not in found.values()
    assert len(found) == len(asked)


def test_swapped_fetches() -> None:
    """What came in its place counts; from there on nothing does."""
    asked = fetches(1, 2, 3, 4, 5)
    one, two, three, four, five = answers_to(asked)
    found = hear(asked, [[one, two, four, three, five]])
    assert found == {0: (201, b"0"), 1: (201, b"1"), 2: IN_DOUBT, 3: IN_DOUBT, 4: IN_DOUBT}


def test_what_is_not_proven_before() -> None:
    """An answer without a job behind the last that proves its place may be another's, too."""
    pending = Asked(FETCH, 2, "204 No Content")
    asked = [*fetches(1), pending, *submits(11), *fetches(3, 4)]
    first, _, accepted, third, fourth = answers_to(asked)
    unnamed = b"HTTP/1.1 204 No Content\r\n\r\n"
    found = hear(asked, [[first, unnamed, accepted, fourth, third]])
    assert found.pop(0) == (201, b"0")
    assert set(found.values()) == {IN_DOUBT}
    assert len(found) == 4


@pytest.mark.parametrize("twice", [0, 1, 2])
def test_one_twice(twice: int) -> None:
    """All behind it would be one too far."""
    asked = [*fetches(1, 2), *submits(11, 12)]
    answers = answers_to(asked)
    answers.insert(twice, answers[twice])
    found = hear(asked, [answers])
    assert are_true(asked, found)
    assert [found[token] == IN_DOUBT for token in range(4)] == [
        token > twice or (twice == 2 and token == 2) for token in range(4)
    ]


@pytest.mark.parametrize("order", [(1, 0, 2), (0, 2, 1), (2, 1, 0), (1, 1, 2), (0, 0, 1)])
@pytest.mark.parametrize("job_ids", [(11, 12, 13), (99, 100, 101), (CLUSTER, CLUSTER + 1, 1 << 41)])
def test_submissions_out_of_order(job_ids: tuple[int, ...], order: tuple[int, ...]) -> None:
    """A server numbers jobs in the order of the requests: no operation gets another's number."""
    asked = submits(*job_ids)
    answers = answers_to(asked)
    found = hear(asked, [[answers[index] for index in order]])
    units = {job_ids[index] >> 40 for index in order}
    if len(units) == 1 or are_true(asked, found):
        assert are_true(asked, found)
    else:
        # Numbers of two servers have no order.
        assert order != (0, 1, 2)


def test_a_fetched_result_as_an_acceptance() -> None:
    """A result that comes again stands where an acceptance should, under an older number."""
    asked = [*fetches(7), *submits(11, 12)]
    result, _, _ = answers_to(asked)
    again = Asked(FETCH, 7, "202 Accepted").answer(0)
    found = hear(asked, [[result], [again, *answers_to(asked)[1:2]]])
    assert found == {0: (201, b"0"), 1: IN_DOUBT, 2: IN_DOUBT}


BASE = {FETCH: 1, SUBMIT: 1000}
STREAMS = st.lists(st.sampled_from([FETCH, SUBMIT, OTHER]), min_size=2, max_size=12)


@settings(max_examples=150, deadline=None)
@given(st.data(), STREAMS)
@example(None, [FETCH, SUBMIT, SUBMIT])
def test_anything_disturbed(data: st.DataObject | None, templates: list[Template]) -> None:
    """Whatever is swapped, repeated or dropped: no fetch is given another job's result."""
    asked = [
        Asked(template, BASE[template] + number)
        if template in BASE
        else Asked(template, None, "200 OK")
        for number, template in enumerate(templates)
    ]
    answers = answers_to(asked)
    if data is None:
        answers.insert(1, answers[0])
    else:
        for _ in range(data.draw(st.integers(1, 3))):
            places = st.integers(0, len(answers) - 1)
            first, second = data.draw(places), data.draw(places)
            how = data.draw(st.sampled_from(["swap", "repeat", "drop"]))
            if how == "swap":
                answers[first], answers[second] = answers[second], answers[first]
            elif how == "repeat":
                answers.insert(first, answers[second])
            elif len(answers) > 1:
                del answers[first]
    found = hear(asked, [answers])
    for token, each in enumerate(asked):
        if each.template is FETCH and token in found:
            status, body = found[token]
            # One without a job is no result: the server is asked for the job's status then.
            assert (status, body) == IN_DOUBT or status == 200 or body == b"%d" % token
