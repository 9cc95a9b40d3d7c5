"""One harmless job, tried out: whatever stands before the server may take away what jobs need."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from tenacity import Retrying, retry_if_result, stop_after_delay, wait_exponential

from arango_jobs._wire.job_api import (
    STORE,
    Meaning,
    delete_request,
    error_text,
    fetch_request,
    read_fetch,
    read_submit,
)
from arango_jobs.cli.hosts import Host
from arango_jobs.errors import ArangoJobsError
from arango_jobs.operations import Request, Response, quote_segment

__all__ = ["Trial", "try_job"]

_SECONDS = 5.0
"""How long the job has time."""
_ACCEPTED = 202
_WITHOUT_EFFECT = {
    Meaning.QUEUE_FULL: "the server has no room for a job now",
    Meaning.QUEUE_TIME: "the server has no room for a job now",
    Meaning.TOO_MANY: "something before the server refuses the job with 429 (too many requests)",
    Meaning.UNAVAILABLE: "the server starts or stops, and takes no job",
    Meaning.OVERLOADED: "something before the server refuses the job with 503",
}


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of it; `level` is "ok", "warning" or "error"."""

    level: str
    text: str


def try_job(host: Host) -> Trial:
    """Run `GET /_api/version` as a job on `host`, fetch its result, and leave nothing behind."""
    begin = time.perf_counter()
    submitted = host.send(
        Request("GET", f"/_db/{quote_segment(host.database)}/_api/version", STORE),
        within=_SECONDS,
    )
    meaning = read_submit(submitted)
    if meaning is not Meaning.ACCEPTED or submitted.job_id is None:
        return _not_submitted(submitted, meaning)
    try:
        fetched = _fetched(host, submitted.job_id)
    except ArangoJobsError as error:
        _delete(host, submitted.job_id)
        return Trial("error", f"the result of a job could not be fetched: {error}")
    meaning = read_fetch(fetched)
    if meaning is Meaning.RESULT:
        seconds = time.perf_counter() - begin
        return Trial("ok", f"one was run, and its result fetched, in {seconds * 1000:.1f} ms")
    _delete(host, submitted.job_id)
    return _not_fetched(fetched, meaning)


def _fetched(host: Host, job_id: str) -> Response:
    retrying = Retrying(
        retry=retry_if_result(lambda answer: read_fetch(answer) is Meaning.PENDING),
        stop=stop_after_delay(_SECONDS),
        wait=wait_exponential(multiplier=0.005, max=0.5),
        retry_error_callback=_last,
    )
    request = fetch_request(host.database, job_id)
    response: Response = retrying(host.send, request, within=_SECONDS)
    return response


def _last(state: Any) -> Any:
    return state.outcome.result()


def _delete(host: Host, job_id: str) -> None:
    try:
        host.send(delete_request(host.database, job_id), within=_SECONDS)
    except ArangoJobsError:
        return


def _not_submitted(response: Response, meaning: Meaning) -> Trial:
    status = response.status
    if status == _ACCEPTED:
        return Trial(
            "error",
            "the answer to a job came without x-arango-async-id: something before the server takes "
            "that header off answers, so no result can be fetched",
        )
    if response.is_success:
        return Trial(
            "error",
            "a job was answered at once, as any other request: something before the server takes "
            "the header x-arango-async off requests, so nothing runs as a job",
        )
    if meaning in _WITHOUT_EFFECT:
        return Trial("warning", _WITHOUT_EFFECT[meaning])
    return Trial("error", f"a job was refused with HTTP {status}: {error_text(response)}")


def _not_fetched(response: Response, meaning: Meaning) -> Trial:
    if meaning is Meaning.PENDING:
        return Trial("warning", f"a small job had not ended after {_SECONDS:g} s")
    if meaning is Meaning.UNKNOWN_JOB:
        return Trial(
            "error",
            "the server took a job and does not know it any more: does the address lead to several "
            "servers that do not belong together?",
        )
    if response.is_success:
        return Trial(
            "error",
            "the result of a job came without x-arango-async-id: something before the server takes "
            "that header off answers, so no result can be told from other answers",
        )
    return Trial(
        "error",
        f"PUT /_api/job/<id>, which fetches results, gives HTTP {response.status}, not from the "
        "job's own answer: something before the server forbids or redirects it",
    )
