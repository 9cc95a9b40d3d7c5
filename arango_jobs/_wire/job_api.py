"""The job protocol: how each call is asked, and what each answer means.

The one rule that everything rests on: an answer to `PUT /_api/job/<id>` is the
operation's own if, and only if, it carries `x-arango-async-id`
(server-protocol.md §4.2). A status is looked at only where that header is missing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from email.utils import mktime_tz, parsedate_tz
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from arango_jobs._core.meanings import Meaning
from arango_jobs.operations import (
    Headers,
    Operation,
    OperationKind,
    Request,
    Response,
    Template,
    quote_segment,
)

__all__ = [
    "ASYNC_HEADER",
    "FORWARDED_TO",
    "QUEUE_TIME",
    "STORE",
    "Meaning",
    "cancel_request",
    "delete_all_request",
    "delete_expired_request",
    "delete_request",
    "error_number",
    "error_text",
    "fetch_request",
    "fetch_template",
    "list_request",
    "operation_request",
    "operation_template",
    "queue_time",
    "read_call",
    "read_fetch",
    "read_ids",
    "read_submit",
    "retry_after",
    "status_request",
]

# Looking a member of an enum up takes as long as a call, so the hot path does it once.
_SAYS_ACCEPTED = Meaning.ACCEPTED
_SAYS_ODD = Meaning.ODD
_SAYS_OK = Meaning.OK
_SAYS_PENDING = Meaning.PENDING
_SAYS_RESULT = Meaning.RESULT

ASYNC_HEADER = "x-arango-async"
QUEUE_TIME = "x-arango-queue-time-seconds"
FORWARDED_TO = "x-arango-request-forwarded-to"
_RETRY_AFTER = "retry-after"
_TOO_MANY_REQUESTS = 429
_UNAVAILABLE = 503
_DIGITS = 30

STORE: Headers = ((ASYNC_HEADER, "store"),)
_FORGET: Headers = ((ASYNC_HEADER, "true"),)
_PLAIN: Headers = ()


# (status, errorNum) of answers that are no operation's own: server-protocol.md §1.3, §2.3, §4.2.
_WITHOUT_HEADER: dict[tuple[int, int], Meaning] = {
    (404, 404): Meaning.UNKNOWN_JOB,
    (404, 1228): Meaning.DATABASE_GONE,
    (404, 1449): Meaning.OWNER_GONE,
    (401, 11): Meaning.UNAUTHORIZED,
    (412, 21004): Meaning.QUEUE_TIME,
    (503, 21003): Meaning.QUEUE_FULL,
    (503, 30): Meaning.UNAVAILABLE,
    (503, 503): Meaning.UNAVAILABLE,
    (503, 1478): Meaning.FORWARD_FAILED,
    (503, 1465): Meaning.FORWARD_FAILED,
    (500, 1457): Meaning.FORWARD_FAILED,
    (400, 400): Meaning.MALFORMED,
    (405, 405): Meaning.MALFORMED,
}


@lru_cache(maxsize=64)
def _joined(first: Headers, second: Headers) -> Headers:
    # The same tuple for the same headers: whoever renders them knows them by identity.
    return first + second


@lru_cache(maxsize=64)
def _prefix(database: str) -> str:
    return f"/_db/{quote_segment(database)}/_api/job/"


def _segment(job_id: str) -> str:
    return job_id if job_id.isdecimal() and job_id.isascii() else quote_segment(job_id)


def _headers(mode: str | None, own: Headers) -> Headers:
    headers = STORE if mode == "store" else _FORGET if mode == "true" else _PLAIN
    return _joined(headers, own) if own else headers


def operation_request(
    operation: Operation[Any],
    body: bytes,
    *,
    mode: str | None = "store",
    extra: Headers = (),
) -> Request:
    """Ask for `operation`: as a stored job ("store"), thrown away ("true"), or at once (None)."""
    kind = operation.kind
    headers = _headers(mode, kind.headers + operation.headers + extra)
    return Request(kind.method, operation.target, headers, body, mode is not None)


@lru_cache(maxsize=256)
def operation_template(kind: OperationKind[Any], stem: str, own: Headers = ()) -> Template:
    """Ask for operations of `kind` with headers of their `own`, as stored jobs if they can be."""
    headers = _headers(None if kind.is_direct else "store", kind.headers + own)
    is_job = not kind.is_direct
    return Template(kind.method, stem, headers, is_job, is_once=True, names_new=is_job)


def list_request(database: str, status: str, count: int) -> Request:
    """Ask for at most `count` ids of `done` or `pending` jobs (§3.2)."""
    return Request("GET", f"{_prefix(database)}{quote_segment(status)}?count={count}")


def status_request(database: str, job_id: str) -> Request:
    """Ask how the job stands, without taking its result (§3.1)."""
    return Request("GET", _prefix(database) + _segment(job_id))


def fetch_request(database: str, job_id: str) -> Request:
    """Take the job's result, which the server then forgets (§4)."""
    return Request("PUT", _prefix(database) + _segment(job_id))


@lru_cache(maxsize=64)
def fetch_template(database: str) -> Template:
    """Take the result of the job whose id, a number, is the leaf."""
    return Template("PUT", _prefix(database), names_leaf=True)


def cancel_request(database: str, job_id: str) -> Request:
    """Ask the server to stop the job (§5)."""
    return Request("PUT", f"{_prefix(database)}{_segment(job_id)}/cancel")


def delete_request(database: str, job_id: str) -> Request:
    """Make the server forget the job (§6)."""
    return Request("DELETE", _prefix(database) + _segment(job_id))


def delete_all_request(database: str) -> Request:
    """Make the server forget every job of this user, those of other programs too (§6)."""
    return Request("DELETE", _prefix(database) + "all")


def delete_expired_request(database: str, stamp: float) -> Request:
    """Make the server forget this user's jobs with a stamp below `stamp`, in Unix seconds (§6)."""
    return Request("DELETE", f"{_prefix(database)}expired?stamp={quote(format(stamp, '.17g'))}")


def _error(response: Response) -> dict[str, Any]:
    body = response.json()
    return body if isinstance(body, dict) else {}


def error_number(response: Response) -> int:
    """Return the `errorNum` of an error body, 0 where there is none."""
    number = _error(response).get("errorNum")
    return number if isinstance(number, int) else 0


def error_text(response: Response) -> str:
    """Return what an error body says, or the status where it says nothing."""
    text = _error(response).get("errorMessage")
    return text if isinstance(text, str) else f"HTTP status {response.status}"


def _without_header(response: Response) -> Meaning:
    if response.status == _TOO_MANY_REQUESTS:
        # ArangoDB never says so: something before it does, whatever the body is.
        return Meaning.TOO_MANY
    return _WITHOUT_HEADER.get((response.status, error_number(response)), _SAYS_ODD)


def read_submit(response: Response) -> Meaning:
    """Say what the answer to a submission means; the id is in `x-arango-async-id`.

    Any answer but 202 was given before anything became a job (§1.3), so `RESULT`
    here means: refused for good, and the error is the operation's own.
    """
    if response.status == 202:
        return _SAYS_ODD if response.job_id is None else _SAYS_ACCEPTED
    meaning = _without_header(response)
    if meaning is _SAYS_ODD and 400 <= response.status < 500:
        return _SAYS_RESULT
    if meaning is _SAYS_ODD and response.status == _UNAVAILABLE:
        return Meaning.OVERLOADED
    return meaning


def read_fetch(response: Response) -> Meaning:
    """Say what the answer to a fetch means."""
    if response.job_id is not None:
        return _SAYS_RESULT
    if response.status == 204:
        return _SAYS_PENDING
    return _without_header(response)


def read_call(response: Response) -> Meaning:
    """Say what the answer to a list, status, cancel or delete call means."""
    if response.status == 204:
        return _SAYS_PENDING
    if response.is_success:
        return _SAYS_OK
    return _without_header(response)


def read_ids(response: Response) -> list[str] | None:
    """Return the ids of a list's answer, `None` where it is no list."""
    if response.status != 200:
        return None
    ids = response.json()
    return ids if isinstance(ids, list) and set(map(type, ids)) <= {str} else None


def retry_after(response: Response, now: float) -> float | None:
    """Return for how many seconds the answer asks to make no other call, `None` if it does not.

    It says so in seconds or as a date (RFC 9110 §10.2.3). A date is compared with the answer's own,
    whose clock need not be ours; `now`, in seconds since the Unix epoch, stands in for that.
    """
    value = response.header(_RETRY_AFTER)
    if value is None:
        return None
    if value.isascii() and value.replace(".", "", 1).isdecimal():
        # The first digits of a very long number are longer than anybody waits, too.
        return float(value[:_DIGITS])
    date = _date(value)
    if date is None:
        return None
    return max(0.0, date - (_date(response.header("date") or "") or now))


def _date(text: str) -> float | None:
    """Return an HTTP date in seconds since the Unix epoch."""
    found = parsedate_tz(text)
    if found is None:
        return None
    try:
        return float(mktime_tz(found))
    except (OverflowError, ValueError):
        return None


def queue_time(headers: Mapping[str, str]) -> float | None:
    """Return the queue time in seconds that the headers of an answer tell, if they do (§1.6)."""
    value = headers.get(QUEUE_TIME)
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None
