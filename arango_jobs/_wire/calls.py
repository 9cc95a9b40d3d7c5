"""From what the engine wants asked to a request, and from the answer to what it means."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple, cast

from arango_jobs._core.actions import Ask
from arango_jobs._core.job import Job, kind_of
from arango_jobs._core.meanings import Call, Meaning
from arango_jobs._wire import job_api
from arango_jobs._wire.arrays import (
    Encode,
    array_body,
    array_template,
    is_refused_whole,
    may_refuse_whole,
)
from arango_jobs._wire.documents import read_back_request
from arango_jobs._wire.job_api import fetch_template, operation_template
from arango_jobs._wire.queries import explain_request, only_reads
from arango_jobs.errors import HostUnreachableError, TransportError
from arango_jobs.operations import (
    OperationKind,
    Request,
    Response,
    Retry,
    Template,
    quote_segment,
)

__all__ = ["fetches", "meaning_of_failure", "read", "read_all", "request_for", "submissions"]

# Looking a member of an enum up takes as long as a call, so the hot path does it once.
_EXPLAIN = Call.EXPLAIN
_FETCH = Call.FETCH
_IDENTIFY = Call.IDENTIFY
_OWNER = Call.OWNER
_SAYS_ACCEPTED = Meaning.ACCEPTED
_SAYS_ARRAY_REFUSED = Meaning.ARRAY_REFUSED
_SAYS_BROKEN = Meaning.BROKEN
_SAYS_MALFORMED = Meaning.MALFORMED
_SAYS_MOVED = Meaning.MOVED
_SAYS_ODD = Meaning.ODD
_SAYS_PENDING = Meaning.PENDING
_SAYS_RESULT = Meaning.RESULT
_SAYS_UNREACHABLE = Meaning.UNREACHABLE
_SEARCH_HOST = Call.SEARCH_HOST
_SEARCH_PENDING = Call.SEARCH_PENDING
_SEARCHES = frozenset({Call.SEARCH_PENDING, Call.SEARCH_DONE})
_SUBMIT = Call.SUBMIT
_NAMELESS = frozenset({Call.IDENTIFY, Call.SEARCH_HOST, Call.EXPLAIN, Call.CONFIRM})


_NO_CONTENT = 204
_ID_DIGITS = 20  # of the largest unsigned 64-bit number (server-protocol.md §2.1)
_UPTIME = re.compile(rb"^arangodb_server_statistics_server_uptime_total\S* +(\S+)", re.MULTILINE)


_database_of = attrgetter("database")


class Requests(NamedTuple):
    """Requests for some jobs, one after another, that have a template in common."""

    template: Template
    jobs: list[Job]
    leaves: Sequence[str]
    bodies: Sequence[bytes]


def submissions(jobs: Iterable[Job], encode: Encode) -> list[Requests]:
    """Return the requests that submit `jobs`, in their order."""
    requests: list[Requests] = []
    for kind, group in groupby(jobs, kind_of):
        some = list(group)
        odd = [job for job in some if type(job.cargo) is tuple or job.cargo.particular is not None]
        if odd:
            requests += _particular(kind, some, encode)
            continue
        # Of these kind and body say all.
        template = operation_template(kind, kind.target)
        bodies = [job.cargo.payload or b"" for job in some]
        requests.append(Requests(template, some, ("",) * len(some), bodies))
    return requests


def _particular(kind: OperationKind[Any], jobs: list[Job], encode: Encode) -> Iterator[Requests]:
    """Give the requests for `jobs` of one `kind`, of which each may have a template of its own."""
    parts = [_parts(kind, job.cargo, encode) for job in jobs]
    for template, group in groupby(zip(parts, jobs, strict=True), _template_of):
        some = list(group)
        yield Requests(
            template,
            [job for _, job in some],
            [leaf for (_, leaf, _), _ in some],
            [body for (_, _, body), _ in some],
        )


def _parts(kind: OperationKind[Any], cargo: Any, encode: Encode) -> tuple[Template, str, bytes]:
    """Return template, leaf and body of the request for what one job carries."""
    if type(cargo) is tuple:
        return array_template(kind), "", array_body(kind, cargo, encode)
    body, operation = cargo.payload or b"", cargo.particular
    if operation is None:
        return operation_template(kind, kind.target), "", body
    return operation_template(kind, operation.stem, operation.headers), operation.leaf, body


def _template_of(found: tuple[tuple[Template, str, bytes], Job]) -> Template:
    return found[0][0]


def fetches(jobs: Iterable[Job]) -> Iterator[Requests]:
    """Give the requests that fetch the results of `jobs`, in their order."""
    for database, group in groupby(jobs, _database_of):
        some = list(group)
        ids: Any = [job.job_id for job in some]
        yield Requests(fetch_template(database), some, ids, (b"",) * len(some))


def _list(ask: Ask, _encode: Encode) -> Request:
    status = "pending" if ask.call is _SEARCH_PENDING else "done"
    return job_api.list_request(ask.database, status, ask.count)


def _identify(ask: Ask, _encode: Encode) -> Request:
    # ArangoDB 4.0 has no statistics any more, and its metrics are long (§10.1).
    path = "metrics" if ask.count else "statistics"
    return Request("GET", f"/_db/{quote_segment(ask.database)}/_admin/{path}")


def _confirm(ask: Ask, _encode: Encode) -> Request:
    return read_back_request([part.operation for part in ask.parts or ()])


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


_REQUEST: dict[Call, Callable[[Ask, Encode], Request]] = {
    Call.LIST: _list,
    Call.ASK: _by_id(job_api.status_request),
    Call.OWNER: _by_id(job_api.status_request),
    Call.CANCEL: _by_id(job_api.cancel_request),
    Call.DELETE: _by_id(job_api.delete_request),
    Call.IDENTIFY: _identify,
    Call.CONFIRM: _confirm,
    Call.EXPLAIN: _explain,
    Call.SEARCH_PENDING: _list,
    Call.SEARCH_DONE: _list,
    Call.SEARCH_HOST: _identify,
}


def request_for(ask: Ask, encode: Encode) -> Request:
    """Return the request that makes the call `ask`, which is no submission and no fetch."""
    return _REQUEST[ask.call](ask, encode)


def read(ask: Ask, response: Response) -> tuple[Meaning, Any]:
    """Return what the answer means, and what of it the engine needs."""
    call = ask.call
    if call is _FETCH:
        return _of_array(ask, _read_fetch(ask, response), response), response
    if call is _SUBMIT:
        return _read_submit(ask, response)
    if call in _NAMELESS and response.job_id is not None:
        # A job's result, in the place of an answer to a question about something else.
        return _SAYS_BROKEN, response
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


def read_all(
    call: Call, jobs: Sequence[Job], first: Response, job_ids: Sequence[str | None]
) -> Meaning | None:
    """Return what the answers to submissions or fetches of `jobs` mean, whose heads say the same.

    `first` is one of them, `job_ids` has what each names: either all name a job or none does.
    `None`: their heads do not say it, and each has to be read by itself.
    """
    if call is _FETCH:
        if first.job_id is None:
            return _SAYS_PENDING if first.status == _NO_CONTENT else None
        if may_refuse_whole(first.status) and any(job.is_merged for job in jobs):
            return None
        # Whatever else it says: under another job's name it is no answer to this call.
        return _SAYS_RESULT if list(job_ids) == [job.job_id for job in jobs] else None
    if job_api.read_submit(first) is not _SAYS_ACCEPTED:
        return None
    kinds = {job.kind for job in jobs}
    ids = cast("Sequence[str]", job_ids)
    is_plain = _are_ids(ids) and not any(kind.is_direct for kind in kinds)
    return _SAYS_ACCEPTED if is_plain else None


def _of_array(ask: Ask, meaning: Meaning, response: Response) -> Meaning:
    """Return what an answer means that is the operation's own, unless that is an array's."""
    job = ask.job
    if meaning is not _SAYS_RESULT or not may_refuse_whole(response.status):
        return meaning
    if job is None or not job.is_merged:
        return meaning
    only_reads = all(part.operation.effective_retry is Retry.SAFE for part in job.parts)
    is_refused = is_refused_whole(response, was_job=ask.call is _FETCH, only_reads=only_reads)
    return _SAYS_ARRAY_REFUSED if is_refused else meaning


def _read_numbers(meaning: Meaning, response: Response) -> tuple[Meaning, Any]:
    """Return the ids of a list as numbers: in their order the jobs were taken (§2.1)."""
    if meaning is not Meaning.OK:
        return meaning, response
    ids = job_api.read_ids(response)
    if ids is None or not _are_ids(ids):
        return _SAYS_ODD, response
    return meaning, [int(each) for each in ids]


def _read_identify(meaning: Meaning, response: Response) -> tuple[Meaning, Any]:
    # Where there is no such path another try is of no use, as it is after a failure.
    if meaning is _SAYS_ODD and (response.status < 500 or response.status == 501):
        meaning = _SAYS_MALFORMED
    return meaning, _uptime(response)


def _read_fetch(ask: Ask, response: Response) -> Meaning:
    assert ask.job is not None
    if response.job_id is not None and response.job_id != ask.job.job_id:
        return _SAYS_BROKEN
    return job_api.read_fetch(response)


def _read_submit(ask: Ask, response: Response) -> tuple[Meaning, Any]:
    job, job_id = ask.job, response.job_id
    assert job is not None
    if job.kind.is_direct:
        meaning = job_api.read_call(response)
        return (meaning if meaning.is_refusal else _SAYS_RESULT), response
    meaning = job_api.read_submit(response)
    if meaning is not _SAYS_ACCEPTED:
        return _of_array(ask, meaning, response), response
    if job_id and _are_ids((job_id,)):
        return meaning, job_id
    return _SAYS_ODD, response


def _are_ids(texts: Sequence[str]) -> bool:
    return all(map(str.isdecimal, texts)) and max(map(len, texts), default=0) <= _ID_DIGITS


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
