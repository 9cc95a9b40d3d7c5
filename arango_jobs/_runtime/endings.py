"""How futures end: from the engine's `End` to results and errors, each future once.

Decoders are our wrappers' or another driver's; whatever they raise becomes the
future's error and nothing else. Runs on the poller's thread, without a lock.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter
from typing import Any

from arango_jobs import json
from arango_jobs._core.actions import Answers, End, Outcome
from arango_jobs._core.job import Job
from arango_jobs._runtime.future import JobFuture, end_all_with_results
from arango_jobs._wire.arrays import (
    Encode,
    element_response,
    has_other_keys,
    is_array_reply,
    is_write_conflict,
)
from arango_jobs._wire.documents import ReadBack, first_result, is_our_key_taken, read_back
from arango_jobs.errors import (
    ArangoServerError,
    HostUnreachableError,
    JobDeadlineError,
    JobLostError,
    JSONDecodeError,
    NotHTTPError,
    SubmitOutcomeUnknownError,
    TLSError,
    TransportError,
)
from arango_jobs.operations import Response

__all__ = ["Ended", "Endings"]

# Looking a member of an enum up takes as long as a call, so the hot path does it once.
_ANSWERED = Outcome.ANSWERED
_CANCELLED = Outcome.CANCELLED
_DEADLINE = Outcome.DEADLINE
_LOST = Outcome.LOST
_UNKNOWN = Outcome.UNKNOWN
_UNSENT = Outcome.UNSENT

_GONE_SINCE = "its key was taken by its first run, and the document is gone since"
_NOT_THERE = (
    "its answer cannot be read, and no document has its key: it was not stored, or is gone since"
)

Futures = list[JobFuture[Any]]
_plan_of = attrgetter("kind.merge")


@dataclass(slots=True)
class Ended:
    """What the ends of one round came to: who ended how, and what is to be done about others."""

    answered: Futures = field(default_factory=list)
    values: list[Any] = field(default_factory=list)
    """The results of those in `answered`, who get them all at once, when it is told."""
    succeeded: Futures = field(default_factory=list)
    failed: Futures = field(default_factory=list)
    cancelled: Futures = field(default_factory=list)
    lost: Futures = field(default_factory=list)
    to_confirm: list[tuple[Job, Futures]] = field(default_factory=list)
    """Inserts with a key of ours whose documents have to be read back."""
    to_retry: Futures = field(default_factory=list)
    """Writes that met another one of the same document, and did nothing."""

    def finish(self) -> None:
        """Give their results to those that have one."""
        self.succeeded += end_all_with_results(self.answered, self.values)
        self.answered, self.values = [], []

    @property
    def count(self) -> int:
        """How many futures have ended."""
        return len(self.succeeded) + len(self.failed) + len(self.cancelled) + len(self.lost)


class Endings:
    """Ends futures."""

    def __init__(
        self, encode: Encode, loads: Callable[[bytes], Any], *, conflict_retries: int = 0
    ) -> None:
        self._encode = encode
        self._loads = loads
        self._tolerant = loads if loads is json.loads else _tolerant(loads)
        self._strict = _strict(loads)
        self._conflict_retries = conflict_retries
        self._conflicts: dict[JobFuture[Any], int] = {}
        self._by_outcome: dict[Outcome, Callable[[End, Ended], None]] = {
            _CANCELLED: self._cancelled,
            _LOST: self._lost,
            _UNKNOWN: self._unknown,
            _DEADLINE: self._deadline,
            _UNSENT: self._unsent,
        }

    def end(self, end: End, ended: Ended) -> None:
        """End the futures of `end` and add them to `ended`; one that has ended is left alone.

        Those that have a result are ended when `ended` is finished.
        """
        if end.outcome is not _ANSWERED:
            self._by_outcome[end.outcome](end, ended)
            return
        job, response = end.job, end.response
        assert job is not None
        assert response is not None
        response.loads = self._strict if response.is_success else self._tolerant
        part = job.cargo
        try:
            if type(part) is tuple:
                self._take_apart(job, response, ended)
            else:
                self._answered(part, job, response, ended)
        except BaseException as error:  # noqa: BLE001  a deserializer is user code, too
            for part in end.parts:
                self._fail(part, error, ended.failed)

    def answer(self, answers: Answers, ended: Ended) -> None:
        """End the futures of jobs that carry one each, as `end` does."""
        jobs, responses = answers.jobs, answers.responses
        is_success = 200 <= responses.status < 300
        start = 0
        for plan, group in groupby(jobs, _plan_of):
            some = list(group)
            stop = start + len(some)
            values: list[Any] = []
            if plan is not None and is_success:
                # The whole decoder would say the same, but later; it says also what is wrong.
                with contextlib.suppress(BaseException):
                    values = list(map(plan.value, map(self._loads, responses.bodies[start:stop])))
            if values:
                ended.answered += [job.cargo for job in some]
                ended.values += values
            else:
                for index, job in enumerate(some, start):
                    response = responses[index]
                    response.loads = self._strict if is_success else self._tolerant
                    self._decode(job.cargo, response, ended)
            start = stop

    def confirm(
        self, parts: Sequence[JobFuture[Any]], response: Response
    ) -> tuple[Ended, Sequence[JobFuture[Any]], str]:
        """End inserts with what their documents, read back, tell of the first run.

        Returns also those of which nothing could be read, and why.
        """
        ended = Ended()
        unread: Futures = []
        why = ""
        documents = response.json()
        if not is_array_reply(response, documents, len(parts)):
            return ended, parts, f"no list of {len(parts)} documents came"
        for part, document in zip(parts, documents, strict=True):
            operation = part.operation
            assert operation is not None
            said = read_back(document, operation.key)
            if said is ReadBack.FOUND:
                answer = first_result(document, operation, response, self._encode)
                self._decode(part, answer, ended, may_read_back=False)
            elif said is ReadBack.GONE:
                tries = getattr(part.job, "tries", 0)
                reason = _GONE_SINCE if tries else _NOT_THERE
                self._fail(part, JobLostError(reason, **_facts(part)), ended.lost)
            elif said is ReadBack.REFUSED:
                reason = f"its document could not be read back: {_error_of(document)}"
                self._fail(part, JobLostError(reason, **_facts(part)), ended.lost)
            else:
                unread.append(part)
                why = _error_of(document)
        return ended, unread, why

    def _answered(self, part: Any, job: Job, response: Response, ended: Ended) -> None:
        if job.more is not None and is_our_key_taken(part.operation, response, job.tries):
            ended.to_confirm.append((job, [part]))
        else:
            self._decode(part, response, ended)

    def _take_apart(self, job: Job, response: Response, ended: Ended) -> None:
        try:
            reply = response.json()
        except _UnreadableError as error:
            self._unreadable(job.parts, str(error), error.__cause__, ended)
            return
        if is_array_reply(response, reply, len(job.parts)):
            if has_other_keys(reply, [part.key for part in job.parts]):
                reason = "an array was answered with elements about other documents"
                self._unreadable(job.parts, reason, None, ended)
                return
            self._end_elements(job, reply, response, ended)
        elif response.is_success:
            size = len(reply) if isinstance(reply, list) else "no"
            reason = f"an array of {len(job.parts)} was answered with {size} elements"
            self._unreadable(job.parts, reason, None, ended)
        else:
            for part in job.parts:
                self._decode(part, response, ended)

    def _end_elements(self, job: Job, reply: list[Any], response: Response, ended: Ended) -> None:
        plan = job.kind.merge
        assert plan is not None
        value = plan.value
        to_confirm: Futures = []
        futures, values = ended.answered, ended.values
        for part, element in zip(job.parts, reply, strict=True):
            if part.done():
                continue  # its deadline came first
            if type(element) is dict and "error" not in element:
                try:
                    result = value(element)
                except Exception:  # noqa: BLE001  the whole decoder says what is wrong
                    self._end_element(part, element, job, response, ended, to_confirm)
                else:
                    futures.append(part)
                    values.append(result)
            else:
                self._end_element(part, element, job, response, ended, to_confirm)
        if to_confirm:
            ended.to_confirm.append((job, to_confirm))

    def _end_element(
        self,
        part: Any,
        element: Any,
        job: Job,
        response: Response,
        ended: Ended,
        to_confirm: Futures,
    ) -> None:
        plan = job.kind.merge
        assert plan is not None
        if not isinstance(element, dict):
            reason = f"its element of the answer is a {type(element).__name__}"
            self._unreadable([part], reason, None, ended)
            return
        answer = element_response(element, plan, response, self._encode)
        if is_our_key_taken(part.operation, answer, job.tries):
            to_confirm.append(part)
        else:
            self._decode(part, answer, ended)

    def _decode(
        self,
        part: JobFuture[Any],
        response: Response,
        ended: Ended,
        *,
        may_read_back: bool = True,
    ) -> None:
        operation = part.operation
        assert operation is not None
        try:
            if self._conflict_retries and self._may_try_again(part, response):
                ended.to_retry.append(part)
                return
            value = operation.decode(response)
        except _UnreadableError as error:
            cause = error.__cause__
            self._unreadable([part], str(error), cause, ended, may_read_back=may_read_back)
            return
        except JSONDecodeError as error:
            reason = "its answer is not what the server gives"
            self._unreadable([part], reason, error, ended, may_read_back=may_read_back)
            return
        except BaseException as error:  # noqa: BLE001  a decoder cannot end the poller
            self._fail(part, error, ended.failed)
            return
        if value is response:
            response.loads = self._tolerant
        ended.answered.append(part)
        ended.values.append(value)

    def _unreadable(
        self,
        parts: Sequence[JobFuture[Any]],
        reason: str,
        cause: BaseException | None,
        ended: Ended,
        *,
        may_read_back: bool = True,
    ) -> None:
        """End what has run and whose answer says nothing, or have it read back where that can be.

        The server has forgotten the answer, so there is no other.
        """
        readable: dict[Job, Futures] = {}
        for part in parts:
            operation = part.operation
            if part.done():
                continue  # its deadline came first
            if may_read_back and operation is not None and operation.made_key:
                job: Any = part.job
                readable.setdefault(job, []).append(part)
                continue
            message = f"{_name(part)}: the job has run, and its result cannot be read: {reason}"
            self._fail(part, JobLostError(message, **_facts(part)), ended.lost, cause)
        for job, some in readable.items():
            job.note(f"read back: {reason}")
            ended.to_confirm.append((job, some))

    def _may_try_again(self, part: JobFuture[Any], response: Response) -> bool:
        """Say whether the write met another one and has tries left."""
        count = self._conflicts.pop(part, 0)
        if not is_write_conflict(response) or count >= self._conflict_retries or part.done():
            return False
        self._conflicts[part] = count + 1
        return True

    def _cancelled(self, end: End, ended: Ended) -> None:
        ended.cancelled.extend(part for part in end.parts if part.end_cancelled())

    def _lost(self, end: End, ended: Ended) -> None:
        for part in end.parts:
            message = f"{_name(part)}: the job's result can no longer be had: {end.reason}"
            self._fail(part, JobLostError(message, **_facts(part)), ended.lost, end.cause)

    def _unknown(self, end: End, ended: Ended) -> None:
        for part in end.parts:
            message = (
                f"{_name(part)} may or may not have run, and repeating it is not safe: {end.reason}"
            )
            error = SubmitOutcomeUnknownError(message, **_facts(part))
            self._fail(part, error, ended.lost, end.cause)

    def _deadline(self, end: End, ended: Ended) -> None:
        for part in end.parts:
            seconds = part.seconds_until(end.due)
            message = f"{_name(part)} did not end by its deadline of {seconds:.6g} s: {end.reason}"
            self._fail(part, JobDeadlineError(message, **_facts(part)), ended.failed)

    def _unsent(self, end: End, ended: Ended) -> None:
        for part in end.parts:
            message = f"{_name(part)} was never sent: {end.reason}"
            self._fail(part, _unreachable(message, end.cause), ended.failed, end.cause)

    def _fail(
        self,
        part: JobFuture[Any],
        error: BaseException,
        ended: Futures,
        cause: BaseException | None = None,
    ) -> None:
        if cause is not None:
            error.__cause__ = cause
        attempts = getattr(part.job, "attempts", None)
        if attempts and isinstance(error, ArangoServerError):
            error.attempts = tuple(attempts)
        if part.end_with_error(error):
            ended.append(part)


class _UnreadableError(Exception):
    """The body of a result cannot be decoded; the cause says why.

    No `ValueError`, after which a `Response` would go on as if it had no body.
    """


def _strict(loads: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    """Return `loads` for results, which are nothing without their bodies."""

    def strict(body: bytes) -> Any:
        try:
            return loads(body)
        except BaseException as error:
            raise _UnreadableError("its answer is no JSON") from error

    return strict


def _tolerant(loads: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    """Return the user's `loads` for errors, of which the status says enough."""

    def tolerant(body: bytes) -> Any:
        try:
            return loads(body)
        except BaseException as error:
            raise JSONDecodeError(f"the deserializer raised {type(error).__name__}") from error

    return tolerant


def _unreachable(message: str, cause: BaseException | None) -> TransportError:
    """Return the error of what was never sent: as a direct call's where the cause tells more."""
    deeper = cause.__cause__ if cause is not None else None
    for telling in (NotHTTPError, TLSError):
        if isinstance(cause, telling) or isinstance(deeper, telling):
            return telling(message)
    return HostUnreachableError(message)


def _error_of(element: Any) -> str:
    """Return what an element of an array says of its error; never what a document holds."""
    if not isinstance(element, dict) or not element.get("error"):
        return "what came is another document, or none"
    text = element.get("errorMessage")
    return f"error {element.get('errorNum')}" + (f" ({text})" if text else "")


def _name(part: JobFuture[Any]) -> str:
    return part.kind.name if part.kind is not None else "the operation"


def _facts(part: JobFuture[Any]) -> dict[str, Any]:
    """Return what is known of the job, for a `JobError`."""
    job = part.job
    attempts = getattr(job, "attempts", None) or ()
    return {
        "operation": repr(part.operation),
        "job_id": part.job_id,
        "host": part.host or "",
        "attempts": tuple(attempts),
    }
