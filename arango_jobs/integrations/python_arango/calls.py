"""From a bound method of python-arango's and its arguments to what is to be sent.

The method is called once, on a copy of its wrapper whose executor records the
request instead of sending it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import MethodType
from typing import Any

from arango_jobs.api.several import Outcome, Several
from arango_jobs.errors import UnsupportedTargetError
from arango_jobs.integrations.python_arango.driver import (
    ApiGroup,
    DocumentInsertError,
    DriverRequest,
    DriverResponse,
    ServerError,
)
from arango_jobs.integrations.python_arango.recording import Recorder
from arango_jobs.integrations.python_arango.responses import Handler
from arango_jobs.operations import Operation

__all__ = [
    "DocumentImportError",
    "FailedBatch",
    "asks_first",
    "function_of",
    "is_wrapper_method",
    "recorded",
]

_LOOKS_FIRST = frozenset({"find_in_box"})
"""Methods that need the answer to a read before they can say what to send."""
_OURS = "arango_jobs."
# Stand in where no batch was answered by a server.
_NO_REQUEST = DriverRequest("post", "/_api/import")
_NO_ANSWER = DriverResponse("post", "", {}, 0, "no answer", "")


@dataclass(frozen=True, slots=True)
class FailedBatch:
    """One batch that was not imported: `count` documents from number `start` (from 0) on."""

    start: int
    count: int
    error: Exception | None
    """Its own error; the documents are in `error.request.data`. `None`: it was not sent."""


class DocumentImportError(DocumentInsertError):
    """Some batches of an `import_bulk` with `batch_size` failed.

    The driver's `DocumentInsertError` with the attributes of the first batch
    that failed; `failures` tells of each of them, `results` holds the results of
    the others, in their order.
    """

    failures: tuple[FailedBatch, ...] = ()
    results: tuple[Any, ...] = ()


def is_wrapper_method(target: object) -> bool:
    """Whether `target` is a bound method of one of the driver's wrappers."""
    return isinstance(target, MethodType) and isinstance(target.__self__, ApiGroup)


def asks_first(target: object) -> bool:
    """Whether the method needs the answer to a read before it can say what to send."""
    return is_wrapper_method(target) and getattr(target, "__name__", "") in _LOOKS_FIRST


def function_of(target: Any) -> Callable[..., Any]:
    """Return what the method does for the driver, where it is one of a managed wrapper's."""
    name = target.__name__
    for kind in type(target.__self__).__mro__:
        if (
            name in vars(kind)
            and kind.__module__.partition(".")[0] != __package__.partition(".")[0]
        ):
            function: Callable[..., Any] = vars(kind)[name]
            return function
    raise UnsupportedTargetError(f"{target.__qualname__} is no method of python-arango's")


def recorded(
    recorder: Recorder,
    wrapper: Any,
    function: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    deadline: float | None,
) -> Operation[Any] | Several[Any]:
    """Return what `function` would send for `wrapper`, with these arguments.

    Raises what the method raises for its arguments, and `UnsupportedTargetError`
    where it sends nothing.
    """
    looks_first = function.__name__ in _LOOKS_FIRST
    executor = _Recording(recorder, deadline, looks_first=looks_first)
    sent = function(_with_executor(wrapper, executor), *args, **kwargs)
    if isinstance(sent, Operation):
        return sent
    if isinstance(sent, list) and len(sent) == len(executor.requests):
        counts = [len(request.data) for request in executor.requests]
        return Several(
            function.__qualname__,
            tuple(sent),
            lambda outcomes: _joined(outcomes, counts),
        )
    raise UnsupportedTargetError(
        f"{function.__qualname__} sends nothing to the server, so nothing can be waited for; call "
        "it itself"
    )


class _Recording:
    """Stands in for an executor of the driver's."""

    context = "managed"

    def __init__(self, recorder: Recorder, deadline: float | None, *, looks_first: bool) -> None:
        self.requests: list[Any] = []
        self._recorder = recorder
        self._deadline = deadline
        self._looks_first = looks_first

    def execute(self, request: Any, response_handler: Handler) -> Any:
        if self._looks_first and request.method == "get":
            return response_handler(self._recorder.connection.send_request(request))
        self.requests.append(request)
        return self._recorder.record(request, response_handler, self._deadline)


def _with_executor(wrapper: Any, executor: _Recording) -> Any:
    twin = copy.copy(wrapper)
    ApiGroup.__init__(twin, wrapper.conn, executor)  # type: ignore[arg-type]  # as good as one
    return twin


def _joined(outcomes: Sequence[Outcome], counts: Sequence[int]) -> list[Any]:
    """Return the batches' results; raise `DocumentImportError` if any failed."""
    results = []
    failures = []
    start = 0
    for outcome, count in zip(outcomes, counts, strict=True):
        if outcome.error is not None or not outcome.was_sent:
            failures.append(FailedBatch(start, count, outcome.error))
        else:
            results.append(outcome.value)
        start += count
    if failures:
        raise _summed_up(failures, results)
    return results


def _summed_up(failures: Sequence[FailedBatch], results: Sequence[Any]) -> DocumentImportError:
    errors = [failure.error for failure in failures if failure.error is not None]
    answered = next((error for error in errors if isinstance(error, ServerError)), None)
    places = ", ".join(f"{one.start}-{one.start + one.count - 1}" for one in failures[:5])
    more = f" and {len(failures) - 5} more batches" if len(failures) > 5 else ""
    reason = f"the first error: {errors[0]}" if errors else "they were cancelled"
    error = DocumentImportError(
        _NO_ANSWER if answered is None else answered.response,
        _NO_REQUEST if answered is None else answered.request,
        f"documents {places}{more} were not imported; {reason}",
    )
    error.failures = tuple(failures)
    error.results = tuple(results)
    return error
