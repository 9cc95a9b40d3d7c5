"""Progress of many futures: bars of tqdm or rich, in terminals and notebooks, or plain lines.

Neither library is needed: without them, and without a terminal, lines go to standard error.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ALL_COMPLETED, FIRST_COMPLETED, FIRST_EXCEPTION, Future
from concurrent.futures import wait as wait_for
from contextlib import contextmanager
from typing import Any, NamedTuple, TypeVar

from arango_jobs.checking import checked, shown
from arango_jobs.clock import Clock, SystemClock
from arango_jobs.errors import OptionError

__all__ = ["DoneAndNotDone", "as_completed", "open_bar", "wait"]

T = TypeVar("T")

# Seconds between two looks; what is shown lags by no more than that.
_TICK = 0.2
# Seconds between two plain lines.
_PERIOD = 5.0

Update = Callable[[int, int], None]
"""Is told how many have ended so far, and how many of these failed."""


class DoneAndNotDone(NamedTuple):
    """What `wait` returns, as that of `concurrent.futures` does."""

    done: set[Future[Any]]
    not_done: set[Future[Any]]


@checked
def wait(
    futures: Iterable[Future[Any]],
    timeout: float | None = None,
    return_when: str = ALL_COMPLETED,
    *,
    progress: bool | str | Update = True,
    description: str = "jobs",
    clock: Clock | None = None,
) -> DoneAndNotDone:
    """Wait as `concurrent.futures.wait` does, and show how far it is.

    `progress`: true for the best bar that is installed; "tqdm", "rich" or "plain"; a
    function of how many have ended and how many of them failed; false for nothing.
    """
    if return_when not in (ALL_COMPLETED, FIRST_COMPLETED, FIRST_EXCEPTION):
        raise OptionError(f"return_when must be a constant of concurrent.futures: {return_when!r}")
    time = clock or SystemClock()
    everything = list(dict.fromkeys(futures))
    end = None if timeout is None else time.monotonic() + timeout
    with open_bar(len(everything), progress=progress, description=description) as update:
        tally = _Tally(everything)
        while not tally.is_enough(return_when):
            left = _TICK if end is None else min(_TICK, end - time.monotonic())
            if left <= 0:
                break
            # All of them at each look would cost more than the jobs where there are many.
            some = tally.open if return_when == FIRST_COMPLETED else tally.open[:1]
            wait_for(some, left, FIRST_COMPLETED)
            tally.look()
            update(tally.done, tally.failed)
        update(tally.done, tally.failed)
    not_done = set(tally.open)
    return DoneAndNotDone(set(everything) - not_done, not_done)


@checked
def as_completed(
    futures: Iterable[Future[T]],
    *,
    progress: bool | str | Update = True,
    description: str = "jobs",
) -> Iterator[Future[T]]:
    """Give the futures as they end, and show how far it is; see `wait` for `progress`."""
    everything = list(dict.fromkeys(futures))
    with open_bar(len(everything), progress=progress, description=description) as update:
        failed = 0
        for done, future in enumerate(_as_they_end(everything), 1):
            failed += _has_failed(future)
            update(done, failed)
            yield future


def _as_they_end(futures: Sequence[Future[T]]) -> Iterator[Future[T]]:
    left = list(futures)
    while left:
        wait_for(left, None, FIRST_COMPLETED)
        yield from (future for future in left if future.done())
        left = [future for future in left if not future.done()]


@contextmanager
def open_bar(
    total: int, *, progress: bool | str | Update = True, description: str = "jobs"
) -> Iterator[Update]:
    """Give a function that shows how many of `total` have ended, and how many of these failed."""
    if callable(progress):
        yield progress
        return
    with _kind(progress)(total, description) as update:
        yield update


def _kind(progress: bool | str) -> Callable[[int, str], Any]:
    if progress is False:
        return _nothing
    if progress is True:
        return next(bar for name, bar in _BARS.items() if _is_usable(name))
    if not isinstance(progress, str) or progress not in _BARS:
        bars = ", ".join(map(repr, _BARS))
        raise OptionError(
            f"progress must be True, False, {bars} or a function, not {shown('progress', progress)}"
        )
    return _BARS[progress]


def _is_usable(name: str) -> bool:
    if name == "plain":
        return True
    try:
        importlib.import_module(name)
    except ImportError:
        return False
    return sys.stderr.isatty() or "ipykernel" in sys.modules


@contextmanager
def _nothing(total: int, description: str) -> Iterator[Update]:
    yield lambda done, failed: None


@contextmanager
def _tqdm(total: int, description: str) -> Iterator[Update]:
    # `auto` is a widget in a notebook and a line in a terminal.
    bar = importlib.import_module("tqdm.auto").tqdm(total=total, desc=description, unit="job")

    def update(done: int, failed: int) -> None:
        bar.update(done - bar.n)
        if failed:
            bar.set_postfix(failed=failed)

    with bar:
        yield update


@contextmanager
def _rich(total: int, description: str) -> Iterator[Update]:
    progress = importlib.import_module("rich.progress")
    console = importlib.import_module("rich.console").Console(stderr=True)
    columns = [
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TextColumn("{task.fields[failed]} failed"),
        progress.TimeRemainingColumn(),
    ]
    with progress.Progress(*columns, console=console) as bars:
        task = bars.add_task(description, total=total, failed=0)
        yield lambda done, failed: bars.update(task, completed=done, failed=failed)


@contextmanager
def _plain(total: int, description: str) -> Iterator[Update]:
    clock = SystemClock()
    begin = last = clock.monotonic()
    state = (0, 0)

    def say() -> None:
        done, failed = state
        seconds = clock.monotonic() - begin
        sys.stderr.write(f"{description}: {done}/{total}, {failed} failed, {seconds:.1f} s\n")
        sys.stderr.flush()

    def update(done: int, failed: int) -> None:
        nonlocal last, state
        state = (done, failed)
        if clock.monotonic() - last >= _PERIOD:
            last = clock.monotonic()
            say()

    yield update
    say()


_BARS: dict[str, Callable[[int, str], Any]] = {"tqdm": _tqdm, "rich": _rich, "plain": _plain}


class _Tally:
    def __init__(self, futures: Sequence[Future[Any]]) -> None:
        self.open = list(futures)
        self._total = len(futures)
        self.failed = 0
        self.look()

    @property
    def done(self) -> int:
        return self._total - len(self.open)

    def look(self) -> None:
        left = []
        for future in self.open:
            if future.done():
                self.failed += _has_failed(future)
            else:
                left.append(future)
        self.open = left

    def is_enough(self, return_when: str) -> bool:
        if not self.open:
            return True
        if return_when == FIRST_COMPLETED:
            return self.done > 0
        return return_when == FIRST_EXCEPTION and self.failed > 0


def _has_failed(future: Future[Any]) -> bool:
    return not future.cancelled() and future.exception() is not None
