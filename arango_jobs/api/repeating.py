"""Requests that are repeated because nothing was done: after which answers, when, how long.

Knows answers and times; sends nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from tenacity import RetryCallState, Retrying, retry_if_result, wait_random_exponential

from arango_jobs._wire.job_api import ASYNC_HEADER, error_number, retry_after
from arango_jobs.clock import Clock
from arango_jobs.operations import Request, Response, Retry

__all__ = ["did_nothing", "has_no_result", "repeating"]

_QUEUE_FULL = (503, 21003)
_STARTING_OR_STOPPING = ((503, 503), (503, 30))
_TOO_MANY_REQUESTS = 429
_LONGEST = 60.0
"""Seconds for which a request without a limit of time is repeated, except for want of room."""

_pause = wait_random_exponential(multiplier=0.05, max=2.0)


def repeating(
    clock: Clock, deadline: float | None, may_repeat: Callable[[Response], bool]
) -> Retrying:
    """Return what makes a call again, with growing pauses, until `deadline` (monotonic).

    `Retry-After` is obeyed. Where it asks for more than is left, or the time is over, the last
    answer is returned.
    """
    end = clock.monotonic() + _LONGEST if deadline is None else deadline

    def pause(state: RetryCallState) -> float:
        return max(_pause(state), retry_after(_answer(state), clock.time()) or 0.0)

    def is_over(state: RetryCallState) -> bool:
        if deadline is None and _answer_of(_answer(state)) == _QUEUE_FULL:
            return False
        return clock.monotonic() + state.upcoming_sleep >= end

    def sleep(seconds: float) -> None:
        clock.wait(threading.Event(), seconds)

    return Retrying(
        retry=retry_if_result(may_repeat),
        stop=is_over,
        wait=pause,
        sleep=sleep,
        retry_error_callback=_answer,
    )


def did_nothing(request: Request, retry: Retry, response: Response) -> bool:
    """Return whether the answer says that nothing was done, and the same may be asked again."""
    if not has_no_result(response):
        return False
    if response.status == _TOO_MANY_REQUESTS:
        # A gateway or a proxy says so before the server has seen the request (RFC 6585 §4).
        return True
    if response.status != _QUEUE_FULL[0]:
        return False
    answer = _answer_of(response)
    if answer == _QUEUE_FULL:
        return True
    is_submission = any(name == ASYNC_HEADER for name, _ in request.headers)
    return answer in _STARTING_OR_STOPPING and (is_submission or retry is not Retry.NEVER)


def has_no_result(response: Response) -> bool:
    """Return whether it is no result of a job, which the server has forgotten by now: §4.2."""
    return response.job_id is None


def _answer_of(response: Response) -> tuple[int, int]:
    return response.status, error_number(response)


def _answer(state: RetryCallState) -> Response:
    assert state.outcome is not None
    response: Response = state.outcome.result()
    return response
