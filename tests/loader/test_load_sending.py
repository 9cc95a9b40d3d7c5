"""What is sent, how much of it at once, and what becomes of requests that fail."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from loader_support import MemoryTarget, letters

from arango_jobs.errors import (
    DocumentInsertError,
    HostUnreachableError,
    JobLostError,
    OptionError,
    SubmitOutcomeUnknownError,
)
from arango_jobs.loader import (
    DeadLetterError,
    LoadProgress,
    LoadStoppedError,
    SourceError,
    StopSwitch,
    load,
    sending,
)


def rows(count: int) -> list[dict[str, Any]]:
    return [{"n": n} for n in range(1, count + 1)]


def refused(status: int, number: int = 0) -> DocumentInsertError:
    return DocumentInsertError("no", http_code=status, error_code=number)


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is sent again is sent at once."""
    monkeypatch.setattr(sending, "_FIRST_PAUSE", 0.0)


def test_chunks_by_count_and_by_bytes(target: MemoryTarget) -> None:
    """Whichever limit is reached first; a large row goes alone."""
    load(rows(25), target, "c", chunk_rows=10)
    assert target.sizes == [10, 10, 5]
    target.sizes.clear()
    documents = [{"_key": str(n), "x": "y" * size} for n, size in enumerate([10, 10, 900, 10])]
    load(documents, target, "c", chunk_bytes=100)
    assert target.sizes == [2, 1, 1]


def test_too_large_is_split_until_it_fits(target: MemoryTarget) -> None:
    """413 halves a chunk; one row that is too large alone fails, and the others are stored."""
    target.before = lambda documents: refused(413) if len(documents) > 3 or any(
        document["n"] == 7 for document in documents
    ) else None  # fmt: skip
    report = load(rows(20), target, "c")
    assert sorted(row["n"] for row in target.plain()) == [n for n in range(1, 21) if n != 7]
    assert (report.documents, report.failed) == (19, 1)
    assert report.first_failures == ("row 7: no",)


def test_a_document_that_spoils_the_whole_chunk(target: MemoryTarget) -> None:
    """400 for the whole is halved too, until the one to blame is found."""
    target.before = lambda documents: (
        refused(400, 600) if any(document["n"] == 5 for document in documents) else None
    )
    report = load(rows(9), target, "c")
    assert (report.documents, report.failed) == (8, 1)


@pytest.mark.parametrize(
    "error", [SubmitOutcomeUnknownError("who knows"), JobLostError("gone"), refused(503, 1429)]
)
@pytest.mark.parametrize("was_stored", [True, False])
@pytest.mark.parametrize("keyed", [True, False], ids=["their keys", "our keys"])
def test_an_answer_that_is_lost(
    target: MemoryTarget, error: Exception, was_stored: bool, keyed: bool
) -> None:
    """The chunk is sent again; what was stored the first time counts once."""
    errors = [error]

    def once(_documents: object) -> BaseException | None:
        return errors.pop() if errors else None

    if was_stored:
        target.after = once
    else:
        target.before = once
    documents = [{"_key": f"k{n}", "n": n} for n in range(4)] if keyed else rows(4)
    report = load(documents, target, "c")
    assert (report.documents, report.failed) == (4, 0)
    assert set(target.writes.values()) == {1}
    assert target.looks == (1 if was_stored and keyed else 0)


def test_an_answer_that_is_always_lost(target: MemoryTarget) -> None:
    """After some tries the rows fail, with the keys under which they may be stored."""
    target.after = lambda documents: JobLostError("gone")
    report = load(rows(2), target, "c")
    assert (report.documents, report.failed) == (0, 2)
    assert report.first_failures[0] == "row 1: it may or may not be stored: gone"
    assert set(target.writes.values()) == {1}
    assert report.dead_letter is not None
    target.after = lambda documents: None
    assert load(report.dead_letter, target, "c").documents == 2
    assert set(target.writes.values()) == {1}


def test_lost_answers_where_the_server_makes_the_keys(target: MemoryTarget) -> None:
    """Nothing is sent twice: the rows fail and it is said that they may be stored."""
    target.after = lambda documents: JobLostError("gone")
    report = load(rows(2), target, "c", client_keys=False)
    assert (target.sizes, report.failed) == ([2], 2)
    assert "may or may not be stored" in report.first_failures[0]
    assert target.modes == [None]


@pytest.mark.parametrize(
    ("on_duplicate", "mode"),
    [("error", None), ("ignore", None), ("update", "update"), ("replace", "replace")],
)
def test_modes(target: MemoryTarget, on_duplicate: str, mode: str | None) -> None:
    """Rows with a key are written as was asked, those with ours never over another."""
    load([{"_key": "a"}, {"n": 1}, {"_key": "b"}], target, "c", on_duplicate=on_duplicate)
    assert target.modes == [mode, "ignore"]
    assert target.sizes == [2, 1]


def test_ids_give_keys(target: MemoryTarget) -> None:
    """A row with an `_id` has a key already."""
    load([{"_id": "c/a", "n": 1}], target, "c")
    assert list(target.documents) == ["a"]


def test_failed_rows_can_be_loaded_again(target: MemoryTarget) -> None:
    """The file has the rows as they came, with line and error; mended, it loads."""
    Path("rows.csv").write_text("id,x\na,1\nb,two\nc,3\nd\n")
    options: dict[str, Any] = {"key_field": "id", "types": {"x": "int"}}
    report = load("rows.csv", target, "c", **options)
    assert (report.documents, report.failed) == (2, 2)
    assert report.dead_letter == "rows.csv.failed.jsonl"
    first, second = letters(report.dead_letter)
    assert first == {
        "number": 2,
        "line": 3,
        "row": {"id": "b", "x": "two"},
        "error": {"code": 0, "message": "'two' in 'x' is no int"},
    }
    assert (second["row"], second["text"]) == (None, "d")
    text = Path(report.dead_letter).read_text().splitlines()[0].replace("two", "2")
    Path("mended.jsonl").write_text(text)
    assert load("mended.jsonl", target, "c", **options).is_success
    assert target.documents["b"]["x"] == 2


@pytest.mark.parametrize("options", [{}, {"dry_run": True}, {"dead_letter": "f.jsonl"}], ids=str)
def test_no_file_where_nothing_failed(target: MemoryTarget, options: dict[str, Any]) -> None:
    """It is not made before a row fails, so a directory that cannot be written to will do."""
    nowhere = Path("removed").resolve()
    nowhere.mkdir()
    os.chdir(nowhere)
    nowhere.rmdir()
    assert load(rows(3), target, "c", **options).dead_letter is None
    with pytest.raises(DeadLetterError, match=r"cannot be written to .*: No such file"):
        load([*rows(3), {"x": {1}}], target, "c", **options)


def test_a_name_that_another_load_takes_first(target: MemoryTarget) -> None:
    """Two loads of one source at a time each have a file of their own."""
    target.before = lambda _documents: Path("rows.failed.jsonl").write_text("theirs") and None
    report = load([*rows(3), {"bad": 1}], target, "c", source_name="rows")
    assert report.dead_letter == "rows.failed-2.jsonl"
    assert Path("rows.failed.jsonl").read_text() == "theirs"
    assert len(letters(report.dead_letter)) == 1


def test_a_pipe_for_failed_rows(target: MemoryTarget) -> None:
    """It is opened at once, as who reads from it waits for that."""
    os.mkfifo("pipe")
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(Path("pipe").read_bytes)
        load(rows(3), target, "c", dead_letter="pipe")
        assert reading.result(timeout=10) == b""


def test_values_that_json_cannot_carry(target: MemoryTarget) -> None:
    """Their rows fail and name the place; the others are stored."""
    report = load([{"x": float("nan")}, {"x": {1}}, {"x": 2**70}, {"x": 1}], target, "c")
    assert (report.documents, report.failed) == (1, 3)
    assert report.first_failures[0] == (
        "row 1: JSON cannot carry nan (at $.x); use null or a string"
    )
    assert "{1}" in letters(report.dead_letter or "")[1]["text"]


@pytest.mark.parametrize(
    "error",
    [
        HostUnreachableError("out of reach"),
        refused(401, 11),
        refused(404, 1203),
        refused(403, 1004),
    ],
)
def test_errors_that_end_the_load(target: MemoryTarget, error: Exception) -> None:
    """Nothing more is sent; what is not confirmed is in the file, the rest can be skipped to."""
    target.before = lambda documents: error if len(target.sizes) > 1 else None
    with pytest.raises(LoadStoppedError, match="the load stopped: ") as caught:
        load(rows(100), target, "c", chunk_rows=10, window=2)
    report = caught.value.report
    assert report is not None
    assert report.documents == len(target.documents) == 10
    assert not report.is_complete
    assert report.documents + report.failed == report.rows < 100
    target.before = lambda documents: None
    load(report.dead_letter, target, "c")
    load(rows(100), target, "c", skip=report.rows)
    assert sorted(row["n"] for row in target.plain()) == list(range(1, 101))


def test_other_errors_of_the_whole_chunk(target: MemoryTarget) -> None:
    """Its rows fail, the others are stored."""
    target.before = lambda documents: refused(409, 1200) if len(target.sizes) == 1 else None
    report = load(rows(4), target, "c", chunk_rows=2)
    assert (report.documents, report.failed) == (2, 2)
    assert letters(report.dead_letter or "")[0]["error"] == {"code": 1200, "message": "no"}


def test_too_many_errors(target: MemoryTarget) -> None:
    """The load ends soon after the limit."""
    documents = [{"n": n, "bad": True} for n in range(100)]
    with pytest.raises(LoadStoppedError, match="rows have failed") as caught:
        load(documents, target, "c", chunk_rows=5, max_errors=8)
    assert caught.value.report is not None
    assert 8 <= caught.value.report.failed < 30


def test_an_input_that_breaks(target: MemoryTarget) -> None:
    """What came before is stored, then the error is raised."""
    Path("a.json").write_text('[{"n":1},{"n":2},{')
    with pytest.raises(SourceError, match="malformed JSON after row 2") as caught:
        load("a.json", target, "c")
    assert caught.value.report is not None
    assert (caught.value.report.documents, len(target.documents)) == (2, 2)


def test_skip_and_limit(target: MemoryTarget) -> None:
    """They count rows of the input, and nothing is read beyond."""
    read = []

    def source() -> Any:
        for row in rows(100):
            read.append(row)
            yield row

    report = load(source(), target, "c", skip=10, limit=5)
    assert [row["n"] for row in target.plain()] == [11, 12, 13, 14, 15]
    assert (len(read), report.rows) == (15, 15)


def test_dry_run() -> None:
    """Everything is read and converted; there need not be a server."""
    documents = [{"x": "1"}, {"x": "y"}]
    report = load(documents, None, "c", types={"x": "int"}, dry_run=True, dead_letter="/dev/null")
    assert (report.documents, report.failed, report.requests) == (1, 1, 0)
    assert report.is_dry_run


class SlowTarget(MemoryTarget):
    """Answers only when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting: list[tuple[Future[Any], Sequence[dict[str, Any]], str | None]] = []
        self.most = 0
        self.asked = threading.Event()

    def insert_many(
        self, documents: Sequence[dict[str, Any]], *, overwrite_mode: str | None = None
    ) -> Future[Any]:
        future: Future[Any] = Future()
        self.waiting.append((future, documents, overwrite_mode))
        self.most = max(self.most, len(self.waiting))
        self.asked.set()
        return future

    def answer(self) -> None:
        future, documents, mode = self.waiting.pop(0)
        future.set_result(super().insert_many(documents, overwrite_mode=mode).result())


def test_the_window_bounds_what_is_read_ahead(
    target: MemoryTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No more chunks than the window are in memory, however long the input is."""
    slow = SlowTarget()
    read = 0

    def source() -> Any:
        nonlocal read
        for row in rows(1000):
            read += 1
            # One chunk is being put together, and the row that did not fit into it.
            assert read <= len(slow.documents) + 10 * (3 + 1) + 1
            yield row

    def waits(futures: Any, timeout: float, when: str) -> None:
        slow.answer()

    monkeypatch.setattr(sending, "wait", waits)
    assert load(source(), slow, "c", chunk_rows=10, window=3).documents == 1000
    assert slow.most == 3


def test_a_request_to_stop(target: MemoryTarget) -> None:
    """What was read is sent and waited for; the rest is said to be missing."""
    switch = StopSwitch()
    target.after = lambda documents: switch.request()
    report = load(rows(100), target, "c", chunk_rows=10, stop=switch)
    assert not report.is_complete
    assert report.documents == report.rows == len(target.documents) < 100


def test_a_signal_while_the_input_is_waited_for(target: MemoryTarget) -> None:
    """A handler may interrupt the reading, and no other step."""
    switch = StopSwitch()

    def source() -> Any:
        yield from rows(3)
        assert switch.is_reading
        switch.request()
        raise KeyboardInterrupt

    report = load(source(), target, "c", stop=switch)
    assert (report.documents, report.is_complete) == (3, False)
    assert not switch.is_reading


def test_an_interrupt_without_a_request_is_passed_on(target: MemoryTarget) -> None:
    """Without a handler of ours Ctrl-C does what it always does."""

    def source() -> Any:
        yield {"n": 1}
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load(source(), target, "c")


def test_progress(target: MemoryTarget, monkeypatch: pytest.MonkeyPatch) -> None:
    """It counts what is confirmed, and ends with the whole."""
    monkeypatch.setattr(sending, "_TICK", 0.0)
    seen: list[LoadProgress] = []
    load(rows(30), target, "c", chunk_rows=10, progress=seen.append)
    counts = [progress.documents for progress in seen]
    assert counts == sorted(counts)
    assert seen[-1].documents == 30
    assert (seen[-1].in_flight, seen[-1].window, seen[-1].rows) == (0, 64, 30)


def test_unknown_options(target: MemoryTarget) -> None:
    """They are named."""
    with pytest.raises(OptionError, match="chunk_size"):
        load(rows(1), target, "c", chunk_size=5)
