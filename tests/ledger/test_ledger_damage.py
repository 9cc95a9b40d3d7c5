"""Files of a ledger that were changed, cut or lost: told of, or without effect on what is told."""

from __future__ import annotations

import random
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from ledger_world import World

from arango_jobs import LedgerError
from arango_jobs.ledger import EntryState, open_writer
from arango_jobs.ledger.checks import Mark, checksum
from arango_jobs.ledger.opening import resume
from arango_jobs.ledger.tail import Tail

ENDS = ("", "-wal", "-tail")
Files = dict[str, bytes]
Told = list[tuple[Any, ...]]


def _told(path: Path) -> Told:
    """Return what the ledger says of each operation."""
    resumed = resume(path)
    try:
        return [
            (each.number, each.key, each.body, each.outcome, each.job and each.job.job_id)
            for each in resumed.account.operations.values()
        ]
    finally:
        resumed.file.close()


def _write(world: World, rounds: int = 6) -> None:
    """Take operations in, send them, accept them, and end some of them, round by round."""
    for number in range(rounds):
        futures = world.insert(2 * number, 2 * number + 1)
        job = world.send(futures)
        world.accept(job, str(100 + number))
        if number % 2:
            world.succeed(*futures)
        world.writer.commit()


def _lay(files: Files, path: Path) -> Path:
    for end in ENDS:
        Path(f"{path}{end}").unlink(missing_ok=True)
    for end, data in files.items():
        Path(f"{path}{end}").write_bytes(data)
    return path


def _files(path: Path) -> Files:
    return {end: data for end in ENDS if (data := _read(Path(f"{path}{end}"))) is not None}


def _read(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


@pytest.fixture(params=["closed", "crashed", "crashed twice", "rewritten"])
def laid(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Files, Told, Path]:
    """Return the files of a ledger, what it says, and where to lay them."""
    path, copy = tmp_path / "load.sqlite", tmp_path / "copy.sqlite"
    world = World(path)
    _write(world)
    if request.param in ("crashed twice", "rewritten"):
        world.close()
        world = World(path, next_number=100, keep_done=request.param == "crashed twice")
        _write(world, 3)
    if request.param == "rewritten":
        world.writer._leave_out_what_has_ended()
        _write(world, 1)
    if request.param != "closed":
        for end in ENDS:
            shutil.copy(f"{path}{end}", f"{copy}{end}")
    world.close()
    if request.param == "closed":
        shutil.copy(path, copy)
    files = _files(copy)
    told = _told(_lay(files, copy))
    assert len(told) >= 8
    return files, told, copy


def _check(files: Files, told: Told, path: Path, what: str) -> bool:
    """Return whether the damage was told of; what is told without a word must be all of it."""
    try:
        found = _told(_lay(files, path))
    except LedgerError as error:
        caught = error
    else:
        assert found == told, what
        return False
    assert caught.path == str(path)
    assert str(path) in str(caught)
    assert {entry.state for entry in caught.entries} <= {EntryState.DONE, EntryState.UNKNOWN}
    return True


@pytest.mark.parametrize("size", [1, 8])
def test_bytes_that_were_changed(laid: tuple[Files, Told, Path], size: int) -> None:
    """Anywhere in any of the files: it is told of, or what is told is the same."""
    files, told, path = laid
    chance = random.Random(size)
    noticed = 0
    places = [(end, at) for end, data in files.items() for at in range(0, len(data) - size, 181)]
    for end, at in places:
        data = bytearray(files[end])
        for index in range(at, at + size):
            data[index] ^= chance.randrange(1, 256)
        noticed += _check(files | {end: bytes(data)}, told, path, f"{end or 'main'} at {at}")
    assert noticed > 0


def test_names_that_were_changed(tmp_path: Path) -> None:
    """In the tables' own definitions, where a column that is no row number has no values."""
    path = tmp_path / "load.sqlite"
    world = World(path)
    _write(world, 2)
    world.close()
    files = _files(path)
    told = _told(_lay(files, path))
    for word in re.finditer(rb"\b(?:[a-z_]{2,}|TABLE|INTEGER|PRIMARY|KEY)\b", files[""]):
        data = bytearray(files[""])
        data[word.start()] ^= 1
        _check({"": bytes(data)}, told, path, f"{word[0]!r}")


def test_files_that_were_cut(laid: tuple[Files, Told, Path]) -> None:
    """At any length, nothing included: it is told of, or nothing is missing."""
    files, told, path = laid
    for end, data in files.items():
        sizes = {*range(0, len(data), max(1, len(data) // 60)), len(data) - 1}
        for size in sizes:
            _check(files | {end: data[:size]}, told, path, f"{end or 'main'} cut to {size}")
    assert _check(files | {"": b""}, told, path, "main")


def test_files_that_were_lost(laid: tuple[Files, Told, Path]) -> None:
    """Any of them: it is told of, or nothing is missing."""
    files, told, path = laid
    for end in files:
        rest = {other: data for other, data in files.items() if other != end}
        is_told = _check(rest, told, path, f"{end or 'main'} lost")
        # After a crash each of them is needed.
        assert is_told or "-wal" not in files


def test_old_copy_of_a_file(tmp_path: Path) -> None:
    """A ledger put back from before its last records were written is told of."""
    path, copy = tmp_path / "load.sqlite", tmp_path / "copy.sqlite"
    world = World(path)
    _write(world, 2)
    old = _files(path)
    _write(world, 2)
    new = _files(path)
    world.close()
    told = _told(_lay(new, copy))
    assert _check(new | {"-wal": old["-wal"]}, told, copy, "old log")
    # An older tail tells of fewer records than there are: a kill may leave that, too.
    assert not _check(new | {"-tail": old["-tail"]}, told, copy, "old tail")


def test_what_can_still_be_read(tmp_path: Path) -> None:
    """The error has it, says where the damage is, and never that something was not sent."""
    path = tmp_path / "load.sqlite"
    world = World(path)
    world.insert(1)
    world.writer.commit()
    futures = world.insert(2)
    world.send(futures)
    world.succeed(*futures)
    world.writer.commit()
    world.insert(3)
    world.writer.commit()
    world.close()
    data = path.read_bytes()
    assert data.count(b'{"_key":"k3"}') == 1
    path.write_bytes(data.replace(b'{"_key":"k3"}', b'{"_key":"k9"}'))
    with pytest.raises(LedgerError, match="is damaged: record 4 was changed") as caught:
        resume(path)
    first, second = caught.value.entries
    assert (first.key, first.state, first.reason) == (
        "k1",
        EntryState.UNKNOWN,
        "the ledger is damaged",
    )
    assert (second.key, second.state, second.outcome) == ("k2", EntryState.DONE, "succeeded")


def test_damaged_ledger_is_not_begun_anew(tmp_path: Path) -> None:
    """Who would write to it is told, and the files stay as they are."""
    path = tmp_path / "load.sqlite"
    world = World(path)
    _write(world)
    files = _files(path)
    world.close()
    del files["-wal"]
    _lay(files, path)
    for _ in range(2):
        with pytest.raises(LedgerError, match="were its files cut, or not copied together"):
            open_writer(path, world.db.conn, keep_done=True)
    assert _files(path)[""] == files[""]


def test_log_without_its_ledger(tmp_path: Path) -> None:
    """A new ledger is not made in its place: it would take the log for its own."""
    path = tmp_path / "load.sqlite"
    Path(f"{path}-wal").write_bytes(b"x" * 4000)
    with pytest.raises(LedgerError, match="write-ahead log"):
        World(path)
    assert not path.exists()


def test_closed_in_order(tmp_path: Path) -> None:
    """One file is left, which says by itself that it is complete."""
    world = World(tmp_path / "load.sqlite")
    _write(world)
    assert {each.name for each in tmp_path.iterdir()} == {f"load.sqlite{end}" for end in ENDS}
    world.close()
    assert [each.name for each in tmp_path.iterdir()] == ["load.sqlite"]


def test_killed_before_the_tail_was_written(tmp_path: Path) -> None:
    """What was committed last is there, and nothing is wrong."""
    path, copy = tmp_path / "load.sqlite", tmp_path / "copy.sqlite"
    world = World(path)
    for number in range(3):
        world.insert(number)
        world.writer.commit()
    before = _files(path)["-tail"]
    world.insert(3)
    world.writer.commit()
    files = _files(path) | {"-tail": before}
    world.close()
    assert [key for _, key, *_ in _told(_lay(files, copy))] == ["k0", "k1", "k2", "k3"]


def test_killed_while_it_was_rewritten(tmp_path: Path) -> None:
    """Before or after the tail was told of it: nothing is wrong."""
    path, copy = tmp_path / "load.sqlite", tmp_path / "copy.sqlite"
    world = World(path)
    _write(world)
    before = _files(path)
    world.writer._leave_out_what_has_ended()
    after = _files(path)
    world.close()
    left = _told(_lay(after, copy))
    assert _told(_lay(after | {"-tail": before["-tail"]}, copy)) == left
    assert 0 < len(left) < 12


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((b"ab", b"c"), (b"a", b"bc")),
        ((None, b"a"), (b"a", None)),
        ((1, b""), (1, None)),
        ((1, 23), (12, 3)),
        ((b"[1]",), ([1],)),
    ],
)
def test_rows_that_differ(one: tuple[Any, ...], other: tuple[Any, ...]) -> None:
    """Have other checksums, though their bytes may be the same in a row."""
    assert checksum(0, *one) != checksum(0, *other)


def test_tail(tmp_path: Path) -> None:
    """It is read as it was written; a damaged one is an error, a missing one is none."""
    tail = Tail(str(tmp_path / "x"))
    assert tail.read() is None
    tail.write(Mark(1, 2, 3))
    tail.write(Mark(4, 5, 6))
    assert tail.read() == Mark(4, 5, 6)
    tail.close()
    data = Path(tail.path).read_bytes()
    for damaged in (b"", data[:-1], data + b"x", b"X" + data[1:], data[:-1] + b"\xff"):
        Path(tail.path).write_bytes(damaged)
        with pytest.raises(ValueError, match="is damaged"):
            tail.read()
    tail.remove()
    assert tail.read() is None
