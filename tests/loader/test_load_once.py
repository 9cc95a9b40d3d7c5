"""A load that is killed at any step and started again stores every row once."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from loader_support import MemoryTarget, letters, write_lines

from arango_jobs.loader import CheckpointError, DeadLetterError, LoadReport, journal, load
from arango_jobs.loader.ranges import RowRanges

ROWS = [{"n": n} if n % 5 else {"n": n, "bad": True} for n in range(1, 31)]
GOOD = [row for row in ROWS if "bad" not in row]


class Killed(BaseException):
    """The process ends here."""


class Death:
    """Ends the process at the n-th step of those that matter; nothing happens after that."""

    def __init__(self, at: int) -> None:
        self.left = at
        self.is_dead = False

    def step(self, *_: object) -> None:
        """Count a step, or die."""
        if self.is_dead or self.left == 0:
            self.is_dead = True
            raise Killed
        self.left -= 1


@pytest.fixture
def steps(target: MemoryTarget, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Death]]:
    """Make sending, storing, and each write to disk a step; the last `Death` counts them."""
    deaths = [Death(-1)]

    def step(*_: object) -> None:
        deaths[-1].step()

    replace = os.replace

    def replacing(*paths: Any) -> None:
        step()
        replace(*paths)
        step()

    def syncing(_number: int) -> None:
        step()

    target.before = target.after = step
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", replacing)
        patch.setattr(os, "fsync", syncing)
        yield deaths


def run(target: MemoryTarget, path: Path, **options: Any) -> LoadReport:
    options = {"chunk_rows": 4, "window": 3, "dead_letter": "failed.jsonl", **options}
    return load(path, target, "c", checkpoint="check", **options)


@pytest.mark.parametrize(
    "options",
    [{}, {"key_field": "n"}, {"key_field": "n", "on_duplicate": "replace"}],
    ids=["our keys", "their keys", "replace"],
)
@pytest.mark.parametrize("period", [0.0, 1.0], ids=["often", "rarely"])
def test_killed_at_every_step(
    target: MemoryTarget,
    steps: list[Death],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: dict[str, Any],
    period: float,
) -> None:
    """Whatever step is the last one, the next run stores the rest, and each failed row is kept."""
    monkeypatch.setattr(journal, "_PERIOD", period)
    path = write_lines(tmp_path / "rows.jsonl", ROWS)
    at = 0
    while True:
        target.documents.clear()
        for name in ("check", "failed.jsonl"):
            Path(name).unlink(missing_ok=True)
        steps.append(Death(at))
        try:
            run(target, path, **options)
            break
        except Killed:
            pass
        steps.append(Death(-1))
        report = run(target, path, **options)
        assert sorted(target.plain(), key=lambda row: row["n"]) == GOOD, at
        assert (report.documents, report.failed, report.is_complete) == (24, 6, True), at
        failed = Counter(record["row"]["n"] for record in letters("failed.jsonl"))
        assert failed == Counter(row["n"] for row in ROWS if "bad" in row), at
        at += 1
    assert at > 20


def test_killed_again_and_again(target: MemoryTarget, steps: list[Death], tmp_path: Path) -> None:
    """A load that never gets far still ends."""
    path = write_lines(tmp_path / "rows.jsonl", ROWS)
    for at in [7, 5, 9, 6, 11, 8, 12, 9, 14, 400]:
        steps.append(Death(at))
        try:
            report = run(target, path)
        except Killed:
            continue
    assert sorted(target.plain(), key=lambda row: row["n"]) == GOOD
    assert (report.documents, report.failed) == (24, 6)


def test_confirmed_rows_are_not_sent_again(
    target: MemoryTarget, steps: list[Death], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the checkpoint says is confirmed is left out."""
    monkeypatch.setattr(journal, "_PERIOD", 0.0)
    path = write_lines(tmp_path / "rows.jsonl", ROWS)
    steps.append(Death(25))
    with pytest.raises(Killed):
        run(target, path, window=1)
    steps.append(Death(-1))
    sent = len(target.sizes)
    report = run(target, path)
    assert report.resumed > 4
    assert sum(target.sizes[sent:]) <= 30 - report.resumed


def test_a_duplicate_of_somebody_else_is_an_error_all_the_same(
    target: MemoryTarget, tmp_path: Path
) -> None:
    """A row in doubt whose key holds another document failed; one that holds it is stored."""
    path = write_lines(tmp_path / "rows.jsonl", [{"_key": "a", "n": 1}, {"_key": "b", "n": 2}])
    target.before = dies
    with pytest.raises(Killed):
        run(target, path)
    target.before = lambda documents: None
    target.insert_many([{"_key": "a", "n": 1}, {"_key": "b", "n": 3}])
    report = run(target, path)
    assert (report.documents, report.failed) == (1, 1)
    assert report.first_failures == (f"line 2: {target.refusal('b')}",)
    assert target.looks == 1


def test_a_duplicate_that_was_never_sent_is_an_error(target: MemoryTarget, tmp_path: Path) -> None:
    """Without doubt nothing is looked up: the same content is somebody else's too."""
    target.insert_many([{"_key": "a", "n": 1}])
    path = write_lines(tmp_path / "rows.jsonl", [{"_key": "a", "n": 1}])
    report = run(target, path)
    assert (report.documents, report.failed, target.looks) == (0, 1, 0)


def dies(_documents: object) -> None:
    raise Killed


def test_a_row_that_fails_the_first_time_only(
    target: MemoryTarget, steps: list[Death], tmp_path: Path
) -> None:
    """What was written about rows that were not confirmed is cut off before the next run."""
    documents = [{"n": 1, "bad": True, "x": "y" * 100}, {"n": 2, "bad": "always"}]
    path = write_lines(tmp_path / "rows.jsonl", documents)
    # Its failure is on disk, and then the checkpoint is not written any more.
    at = 0
    while not Path("failed.jsonl").exists() or not letters("failed.jsonl"):
        Path("check").unlink(missing_ok=True)
        steps.append(Death(at))
        with pytest.raises(Killed):
            run(target, path)
        at += 1
    steps.append(Death(-1))
    target.forgives = True
    report = run(target, path)
    assert (report.documents, report.failed) == (1, 1)
    assert [record["row"]["n"] for record in letters("failed.jsonl")] == [2]


def test_a_load_that_is_complete_is_not_begun_again(target: MemoryTarget, tmp_path: Path) -> None:
    """The checkpoint stays, and says that there is nothing to do."""
    path = write_lines(tmp_path / "rows.jsonl", ROWS)
    run(target, path)
    requests = len(target.sizes)
    report = run(target, path)
    assert len(target.sizes) == requests
    assert (report.documents, report.failed, report.resumed) == (24, 6, 24)
    assert report.is_complete
    assert report.dead_letter == "failed.jsonl"


def test_other_sizes_of_chunks_on_resuming(
    target: MemoryTarget, steps: list[Death], tmp_path: Path
) -> None:
    """What is confirmed are rows, so chunks may be cut differently."""
    path = write_lines(tmp_path / "rows.jsonl", ROWS)
    steps.append(Death(25))
    with pytest.raises(Killed):
        run(target, path)
    steps.append(Death(-1))
    assert run(target, path, chunk_rows=7).documents == 24
    assert sorted(target.plain(), key=lambda row: row["n"]) == GOOD


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"key_field": "n"}, 'another option: its key_field was null and is "n"'),
        ({"skip": 1}, "another option: its skip was 0 and is 1"),
        ({"dead_letter": "other.jsonl"}, "goes with failed.jsonl for failed rows, not other.jsonl"),
    ],
)
def test_a_checkpoint_of_another_way_of_loading(
    target: MemoryTarget, tmp_path: Path, options: dict[str, Any], message: str
) -> None:
    """It is named, and what differs."""
    path = write_lines(tmp_path / "rows.jsonl", ROWS)
    stop_after(target, 1)
    with pytest.raises(Killed):
        run(target, path)
    failed_before(Path("check"))
    with pytest.raises(CheckpointError, match=message):
        run(target, path, **options)


def stop_after(target: MemoryTarget, requests: int) -> None:
    def before(_documents: object) -> None:
        if len(target.sizes) > requests:
            raise Killed

    target.before = before


def failed_before(path: Path) -> None:
    """Let the checkpoint say that rows had failed."""
    text = path.read_text().replace('"dead_letter_size": 0', '"dead_letter_size": 1')
    path.write_text(text)


def test_a_checkpoint_of_another_file(target: MemoryTarget, tmp_path: Path) -> None:
    """A file that has changed is another one; one that was only moved is not."""
    path = write_lines(tmp_path / "rows.jsonl", ROWS)
    run(target, path)
    moved = path.rename(tmp_path / "moved.jsonl")
    assert run(target, moved).is_complete
    write_lines(moved, [*ROWS, {"n": 31}])
    with pytest.raises(CheckpointError, match="belongs to another file: its head was"):
        run(target, moved)


def test_a_checkpoint_of_another_collection(target: MemoryTarget, tmp_path: Path) -> None:
    """It is named."""
    path = write_lines(tmp_path / "rows.jsonl", ROWS)
    run(target, path)
    with pytest.raises(CheckpointError, match='its collection was "c" and is "d"'):
        load(path, target, "d", checkpoint="check", dead_letter="failed.jsonl")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": "arango-jobs checkpoint 1"}', "x"])
def test_a_file_that_is_no_checkpoint(target: MemoryTarget, tmp_path: Path, text: str) -> None:
    """It is left as it is."""
    Path("check").write_text(text)
    with pytest.raises(CheckpointError, match="check is no checkpoint of this program"):
        run(target, write_lines(tmp_path / "rows.jsonl", ROWS))
    assert Path("check").read_text() == text


def test_a_checkpoint_that_cannot_be_written(target: MemoryTarget, tmp_path: Path) -> None:
    """It is said before anything is sent."""
    path = write_lines(tmp_path / "rows.jsonl", ROWS)
    with pytest.raises(CheckpointError, match="cannot be written: No such file or directory"):
        load(path, target, "c", checkpoint="nowhere/check")
    assert target.sizes == []


def test_a_disk_that_fills_up(
    target: MemoryTarget, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The load stops, what was confirmed and written down stays, and the rest follows later."""
    path = write_lines(tmp_path / "rows.jsonl", ROWS)
    replace = os.replace
    calls = []

    def full(*paths: Any) -> None:
        calls.append(paths)
        if len(calls) > 2:
            raise OSError(28, "No space left on device")
        replace(*paths)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        with pytest.raises(CheckpointError, match="No space left on device") as caught:
            run(target, path, window=1)
    assert caught.value.report is not None
    report = run(target, path)
    assert (report.documents, report.failed) == (24, 6)
    assert sorted(target.plain(), key=lambda row: row["n"]) == GOOD


def test_a_source_that_cannot_be_told_apart(target: MemoryTarget) -> None:
    """An iterable needs a name to have a checkpoint."""
    with pytest.raises(CheckpointError, match="give an iterable a source_name"):
        load(iter(ROWS), target, "c", checkpoint="check")
    assert load(iter(ROWS), target, "c", checkpoint="check", source_name="rows").documents == 24


def test_failed_rows_that_cannot_be_written(target: MemoryTarget) -> None:
    """It is said before anything is sent."""
    with pytest.raises(DeadLetterError, match=r"cannot be written to nowhere/f: No such file"):
        load(ROWS, target, "c", dead_letter="nowhere/f")
    assert target.sizes == []


def test_a_file_of_failed_rows_that_came_after_a_crash(
    target: MemoryTarget, tmp_path: Path
) -> None:
    """It is not the first run's, which had made none, so it is left as it is."""
    path = write_lines(tmp_path / "rows.jsonl", [{"n": 1}, {"bad": 1}])
    stop_after(target, 0)
    with pytest.raises(Killed):
        load(path, target, "c", checkpoint="check")
    Path("rows.jsonl.failed.jsonl").write_text("theirs")
    target.before = lambda _documents: None
    report = load(path, target, "c", checkpoint="check")
    assert (report.documents, report.failed) == (1, 1)
    assert report.dead_letter == "rows.jsonl.failed-2.jsonl"
    assert Path("rows.jsonl.failed.jsonl").read_text() == "theirs"


def test_failed_rows_of_an_earlier_load_are_not_lost(target: MemoryTarget) -> None:
    """A file that is there is refused where it was named, and passed by where not."""
    Path("f.jsonl").write_text("x")
    with pytest.raises(DeadLetterError, match=r"f.jsonl is there already"):
        load(ROWS, target, "c", dead_letter="f.jsonl")
    Path("rows.failed.jsonl").write_text("x")
    report = load(ROWS, target, "c", source_name="rows")
    assert report.dead_letter == "rows.failed-2.jsonl"
    assert len(letters("rows.failed-2.jsonl")) == 6


def test_ranges_of_rows() -> None:
    """They join where they touch."""
    ranges = RowRanges([(5, 7), (1, 3), (10, 12)])
    assert [number for number in range(14) if number in ranges] == [1, 2, 5, 6, 10, 11]
    ranges.add(3, 5)
    assert ranges.as_list() == [(1, 7), (10, 12)]
    ranges.add(0, 20)
    assert repr(ranges) == "RowRanges([(0, 20)])"
