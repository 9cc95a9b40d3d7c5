"""Progress of many futures, in terminals, notebooks and logs."""

from __future__ import annotations

import importlib
import sys
import threading
from concurrent.futures import FIRST_COMPLETED, FIRST_EXCEPTION, Future
from typing import Any

import pytest

from arango_jobs import progress
from arango_jobs.errors import OptionError
from arango_jobs.progress import as_completed, open_bar, wait
from arango_jobs.testing import FakeClock


def ended(error: BaseException | None = None) -> Future[Any]:
    future: Future[Any] = Future()
    if error is None:
        future.set_result(1)
    else:
        future.set_exception(error)
    return future


def test_waiting_for_all() -> None:
    """What is shown ends with all of them, and those that failed."""
    late: Future[Any] = Future()
    seen: list[tuple[int, int]] = []
    futures = [ended(), ended(ValueError()), late]
    thread = threading.Timer(0.01, late.set_result, [1])
    thread.start()
    done, not_done = wait(futures, progress=lambda done, failed: seen.append((done, failed)))
    thread.join()
    assert (done, not_done) == (set(futures), set())
    assert seen[-1] == (3, 1)


def test_a_timeout() -> None:
    """What has not ended by then is in the second set."""
    late: Future[Any] = Future()
    first = ended()
    clock = FakeClock()
    seen: list[int] = []

    def tick(done: int, _failed: int) -> None:
        seen.append(done)
        clock.advance(1.0)

    assert wait([first, late], 1.5, progress=tick, clock=clock) == ({first}, {late})
    assert seen == [1, 1, 1]


def test_the_first() -> None:
    """`return_when` means what it means in `concurrent.futures`."""
    late: Future[Any] = Future()
    good, bad = ended(), ended(ValueError())
    assert wait([late, good], return_when=FIRST_COMPLETED, progress=False).done == {good}
    assert wait([late, bad], return_when=FIRST_EXCEPTION, progress=False).done == {bad}
    with pytest.raises(OptionError, match="return_when"):
        wait([late], return_when="SOMETIMES", progress=False)


def test_one_by_one() -> None:
    """Each future comes once."""
    futures = [ended(), ended(ValueError())]
    seen: list[tuple[int, int]] = []
    given = list(as_completed([*futures, futures[0]], progress=lambda *state: seen.append(state)))
    assert given == futures
    assert seen == [(1, 0), (2, 1)]


def test_plain_lines(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a terminal one line at the end, and some on the way; no escape codes."""
    wait([ended(), ended(ValueError())], description="inserts")
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("inserts: 2/2, 1 failed, ")
    assert (err.count("\n"), "\x1b" in err) == (1, False)
    monkeypatch.setattr(progress, "_PERIOD", 0.0)
    with open_bar(2) as update:
        update(1, 0)
    assert capsys.readouterr().err.startswith("jobs: 1/2, 0 failed, ")


@pytest.mark.parametrize("kind", ["tqdm", "rich"])
def test_bars(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    """They end full, and tell what failed."""
    importlib.import_module(kind)
    wait([ended(), ended(ValueError())], progress=kind, description="inserts")
    err = capsys.readouterr().err
    assert "inserts" in err
    assert "2/2" in err
    assert "1" in err.replace("2/2", "")
    wait([], progress=kind)


def test_the_best_bar_that_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """tqdm before rich before lines; on a terminal or in a notebook only."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert progress._kind(True) is progress._tqdm
    monkeypatch.setitem(sys.modules, "tqdm", None)
    assert progress._kind(True) is progress._rich
    monkeypatch.setitem(sys.modules, "rich", None)
    assert progress._kind(True) is progress._plain
    with pytest.raises(OptionError, match="progress must be True, False, 'tqdm', 'rich'"):
        progress._kind("bar")
