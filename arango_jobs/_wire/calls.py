"""From what the engine wants asked to a request, and from the answer to what it means."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from arango_jobs._core.actions import Ask
from arango_jobs._core.meanings import Call, Meaning
from arango_jobs._wire import job_api
from arango_jobs._wire.arrays import Encode, array_body, array_template
from arango_jobs._wire.documents import read_back_request
from arango_jobs._wire.job_api import fetch_template, operation_template
from arango_jobs._wire.queries import explain_request, only_reads
from arango_jobs.errors import HostUnreachableError, TransportError
from arango_jobs.operations import (
    Operation,
    OperationKind,
    Request,
    Response,
    Template,
    quote_segment,
)

__all__ = ["meaning_of_failure", "parts_for", "read", "request_for"]

# Looking a member of an enum up takes as long as a call, so the hot path does it once.
_EXPLAIN = Call.EXPLAIN
_FETCH = Call.FETCH
_IDENTIFY = Call.IDENTIFY
_OWNER = Call.OWNER
_SAYS_ACCEPTED = Meaning.ACCEPTED
_SAYS_BROKEN = Meaning.BROKEN
_SAYS_MALFORMED = Meaning.MALFORMED
_SAYS_MOVED = Meaning.MOVED
_SAYS_ODD = Meaning.ODD
_SAYS_RESULT = Meaning.RESULT
_SAYS_UNREACHABLE = Meaning.UNREACHABLE
_SEARCH_HOST = Call.SEARCH_HOST
_SEARCH_PENDING = Call.SEARCH_PENDING
_SEARCHES = frozenset({Call.SEARCH_PENDING, Call.SEARCH_DONE})
_SUBMIT = Call.SUBMIT


_ID_DIGITS = 20  # of the largest unsigned 64-bit number (server-protocol.md §2.1)
_UPTIME = re.compile(rb"^arangodb_server_statistics_server_uptime_total\S* +(\S+)", re.MULTILINE)


Parts = tuple[Template, str, bytes]
"""Of a request: its template, its leaf, its body."""


def _submissions(asks: Iterable[Ask], encode: Encode) -> Iterator[Parts]:
    last: OperationKind[Any] | None = None
    for ask in asks:
        job = ask.job
        assert job is not None
        part, kind = job.cargo, job.kind
        if type(part) is tuple:
            yield array_template(kind), "", array_body(kind, part, encode)
            continue
        operation: Operation[Any] | None = part.particular
        if operation is not None:
            template = operation_template(kind, operation.stem, operation.headers)
            yield template, operation.leaf, part.payload or b""
            continue
        if kind is not last:
            last, plain = kind, operation_template(kind, kind.target)
        yield plain, "", part.payload or b""


def _fetches(asks: Iterable[Ask], _encode: Encode) -> Iterator[Parts]:
    database = None
    for ask in asks:
        job = ask.job
        assert job is not None
        assert job.job_id is not None
        if job.more is not None or job.kind.database is not database:
            database = job.database
            template = fetch_template(database)
        yield template, job.job_id, b""


def _list(ask: Ask, _encode: Encode) -> Request:
    status = "pending" if ask.call is _SEARCH_PENDING else "done"
    return job_api.list_request(ask.database, status, ask.count)


def _identify(ask: Ask, _encode: Encode) -> Request:
    # ArangoDB 4.0 has no statistics any more, and its metrics are long (§10.1).
    path = "metrics" if ask.count else "statistics"
    return Request("GET", f"/_db/{quote_segment(ask.database)}/_admin/{path}")


def _confirm(ask: Ask, encode: Encode) -> Request:
    return read_back_request([part.operation for part in ask.parts or ()], encode)


def _explain(ask: Ask, encode: Encode) -> Request:
    assert ask.parts is not None
    # A query is never merged: it is alone in its job.
    return explain_request(ask.parts[0].operation, encode)


def _by_id(build: Callable[[str, str], Request]) -> Callable[[Ask, Encode], Request]:
    def request(ask: Ask, _encode: Encode) -> Request:
        job = ask.job
        assert job is not None
        assert job.job_id is not None
        return build(job.database, job.job_id)

    return request


def _alone(
    build: Callable[[Ask, Encode], Request],
) -> Callable[[Iterable[Ask], Encode], Iterator[Parts]]:
    """Return what gives the parts of requests that share nothing with others."""

    def parts(asks: Iterable[Ask], encode: Encode) -> Iterator[Parts]:
        for ask in asks:
            request = build(ask, encode)
            yield request.template, "", request.body

    return parts


_PARTS: dict[Call, Callable[[Iterable[Ask], Encode], Iterator[Parts]]] = {
    Call.SUBMIT: _submissions,
    Call.FETCH: _fetches,
    Call.LIST: _alone(_list),
    Call.ASK: _alone(_by_id(job_api.status_request)),
    Call.OWNER: _alone(_by_id(job_api.status_request)),
    Call.CANCEL: _alone(_by_id(job_api.cancel_request)),
    Call.DELETE: _alone(_by_id(job_api.delete_request)),
    Call.IDENTIFY: _alone(_identify),
    Call.CONFIRM: _alone(_confirm),
    Call.EXPLAIN: _alone(_explain),
    Call.SEARCH_PENDING: _alone(_list),
    Call.SEARCH_DONE: _alone(_list),
    Call.SEARCH_HOST: _alone(_identify),
}


def parts_for(call: Call, asks: Iterable[Ask], encode: Encode) -> Iterator[Parts]:
    """Give the requests that make `asks`, all of the same `call`, as their parts."""
    return _PARTS[call](asks, encode)


def request_for(ask: Ask, encode: Encode) -> Request:
    """Return the request that makes the call `ask`."""
    template, leaf, body = next(parts_for(ask.call, (ask,), encode))
    return template.request(leaf, body)


def read(ask: Ask, response: Response) -> tuple[Meaning, Any]:
    """Return what the answer means, and what of it the engine needs."""
    call = ask.call
    if call is _FETCH:
        return job_api.read_fetch(response), response
    if call is _SUBMIT:
        return _read_submit(ask, response)
    meaning = job_api.read_call(response)
    if call is _IDENTIFY or call is _SEARCH_HOST:
        return _read_identify(meaning, response)
    if call is _OWNER:
        return meaning, response.header(job_api.FORWARDED_TO) is not None
    if call is _EXPLAIN:
        return meaning, only_reads(response)
    if call in _SEARCHES:
        return _read_numbers(meaning, response)
    return meaning, response


def _read_numbers(meaning: Meaning, response: Response) -> tuple[Meaning, Any]:
    """Return the ids of a list as numbers: in their order the jobs were taken (§2.1)."""
    if meaning is not Meaning.OK:
        return meaning, response
    ids = job_api.read_ids(response)
    if ids is None or not all(each.isdecimal() and len(each) <= _ID_DIGITS for each in ids):
        return _SAYS_ODD, response
    return meaning, [int(each) for each in ids]


def _read_identify(meaning: Meaning, response: Response) -> tuple[Meaning, Any]:
    # Where there is no such path another try is of no use, as it is after a failure.
    if meaning is _SAYS_ODD and (response.status < 500 or response.status == 501):
        meaning = _SAYS_MALFORMED
    return meaning, _uptime(response)


def _read_submit(ask: Ask, response: Response) -> tuple[Meaning, Any]:
    job, job_id = ask.job, response.job_id
    assert job is not None
    if job.kind.is_direct:
        meaning = job_api.read_call(response)
        return (meaning if meaning.is_refusal else _SAYS_RESULT), response
    meaning = job_api.read_submit(response)
    if meaning is not _SAYS_ACCEPTED:
        return meaning, response
    if job_id and job_id.isdecimal() and len(job_id) <= _ID_DIGITS:
        return meaning, job_id
    return _SAYS_ODD, response


def meaning_of_failure(error: TransportError, may_have_run: bool) -> Meaning:
    """Return what it means that no answer came."""
    if may_have_run:
        return _SAYS_BROKEN
    return _SAYS_UNREACHABLE if isinstance(error, HostUnreachableError) else _SAYS_MOVED


def _uptime(response: Response) -> float | None:
    """Return for how many seconds the server says it has been up, `None` if it does not."""
    told = _UPTIME.search(response.body)
    if told is not None:
        return _seconds(told[1])
    body = response.json()
    server = body.get("server") if isinstance(body, dict) else None
    return _seconds(server.get("uptime")) if isinstance(server, dict) else None


def _seconds(value: Any) -> float | None:
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        return None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None
