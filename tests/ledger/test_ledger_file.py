"""The file itself: who may read it, what is refused, who may open it."""

from __future__ import annotations

import os
import pickle
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from itertools import starmap
from pathlib import Path

import pytest
from ledger_support import script

from arango_jobs import LedgerError
from arango_jobs.ledger.file import LedgerFile


def _mode(path: str) -> int:
    return stat.S_IMODE(os.stat(path).st_mode)


def test_new_file(ledger: Path) -> None:
    """Only its owner may read it, whatever the umask, and so with the files beside it."""
    before = os.umask(0)
    try:
        file = LedgerFile(ledger)
        file.insert("run", 1.0, 2, b"[]")
        assert [_mode(f"{ledger}{end}") for end in ("", "-wal", "-tail")] == [0o600] * 3
    finally:
        os.umask(before)
        file.close()


def test_file_that_others_may_read(ledger: Path) -> None:
    """Is closed to them when it is opened."""
    LedgerFile(ledger).close()
    os.chmod(ledger, 0o644)
    LedgerFile(ledger).close()
    assert _mode(str(ledger)) == 0o600


def test_what_was_written_is_there_the_next_time(ledger: Path) -> None:
    """A ledger is opened again and again."""
    file = LedgerFile(ledger)
    file.begin()
    number = file.insert("run", 1.5, 2, b"[]")
    file.append(number, 2, b"[]", b"body", None, None, None)
    file.close()
    again = LedgerFile(ledger, create=False)
    assert list(again.table("run")) == [(number, 1.5, 2, b"[]")]
    assert list(again.records()) == [(number, 2.0, b"[]", b"body", None, None, None)]
    again.close()


def _text(path: Path) -> None:
    path.write_text("name,age\n" * 100)


def _short(path: Path) -> None:
    path.write_bytes(b"SQLite format 3\0")


def _foreign(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE other (x)")
    db.close()


def _of_version(version: int, path: Path) -> None:
    LedgerFile(path).close()
    with sqlite3.connect(path) as db:
        db.execute(f"PRAGMA user_version = {version}")
    db.close()


def _overwritten(path: Path) -> None:
    LedgerFile(path).close()
    data = path.read_bytes()
    path.write_bytes(data[:100] + b"\xff" * (len(data) - 100))


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (_text, "no SQLite database"),
        (_short, "no SQLite database"),
        (_foreign, "another program's"),
        (partial(_of_version, 99), "format 99.*with the version that wrote it"),
        (partial(_of_version, 1), "format 1;.*with the version that wrote it"),
        (Path.touch, r"is empty \(0 bytes\)"),
        (_overwritten, "malformed"),
        (Path.mkdir, "is no file"),
    ],
)
def test_what_is_no_ledger(ledger: Path, spoil: Callable[[Path], None], says: str) -> None:
    """It is refused with its name, and not touched."""
    spoil(ledger)
    before = ledger.read_bytes() if ledger.is_file() else b""
    with pytest.raises(LedgerError, match=says) as caught:
        LedgerFile(ledger)
    assert caught.value.path == str(ledger)
    assert str(ledger) in str(caught.value)
    if ledger.is_file():
        assert ledger.read_bytes() == before


@pytest.mark.parametrize("where", ["missing/load.sqlite", "file/load.sqlite"])
def test_directory_that_cannot_be_used(tmp_path: Path, where: str) -> None:
    """It is an error that names the file."""
    (tmp_path / "file").write_text("")
    with pytest.raises(LedgerError, match="cannot be opened") as caught:
        LedgerFile(tmp_path / where)
    assert caught.value.path == str(tmp_path / where)


def test_nothing_to_recover_from(ledger: Path) -> None:
    """A ledger that is only to be read is not made."""
    with pytest.raises(LedgerError, match="No such file"):
        LedgerFile(ledger, create=False)
    assert not ledger.exists()


def test_two_managers_of_one_process(ledger: Path) -> None:
    """The second one is told so, and the first one's lock holds on."""
    first = LedgerFile(ledger)
    for _ in range(2):
        with pytest.raises(LedgerError, match="another manager of this process"):
            LedgerFile(ledger)
    assert "in use by another process" in _opened_elsewhere(ledger)
    first.close()
    LedgerFile(ledger).close()


def _opened_elsewhere(ledger: Path) -> str:
    source = "import sys; from arango_jobs.ledger.file import LedgerFile; LedgerFile(sys.argv[1])"
    command = [sys.executable, "-c", source, str(ledger)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stderr


_HOLDER = """
import sys, threading
from arango_jobs.ledger.file import LedgerFile
file = LedgerFile(sys.argv[1])
print("open", flush=True)
threading.Event().wait()
"""


def test_two_processes(ledger: Path) -> None:
    """The second one is told so; the lock of one that was killed is none."""
    with script(_HOLDER, str(ledger)) as holder:
        holder.says("open")
        with pytest.raises(LedgerError, match="in use by another process"):
            LedgerFile(ledger)
    LedgerFile(ledger).close()


def test_closed_twice(ledger: Path) -> None:
    """It is no error; to use it then is one."""
    file = LedgerFile(ledger)
    file.close()
    file.close()
    with pytest.raises(LedgerError, match="is closed"):
        file.insert("run", 1.0, 2, b"[]")


def test_all_or_nothing(ledger: Path) -> None:
    """A series of statements that fails half-way leaves nothing behind."""
    file = LedgerFile(ledger)
    file.begin()
    statements = [("INSERT INTO run (at) VALUES (1)", ()), ("INSERT INTO nowhere", ())]
    with pytest.raises(LedgerError, match="cannot be written"):
        file.rewrite(lambda _chain: statements)
    assert list(file.table("run")) == []
    file.append(1, 1.0, b"[]", b"", None, None, None)
    assert len(list(file.records())) == 1
    file.close()


def test_full_disk(ledger: Path) -> None:
    """It is an error that says so, and what was written before is whole."""
    file = LedgerFile(ledger)
    file.begin()
    pages = next(file.rows("PRAGMA page_count"))[0]
    next(file.rows(f"PRAGMA max_page_count = {pages + 3}"))
    record = (1, 1.0, None, b"x" * 1000, None, None, None)
    with pytest.raises(LedgerError, match="full"):
        list(starmap(file.append, [record] * 100))
    records = len(list(file.records()))
    file.close()
    again = LedgerFile(ledger)
    assert len(list(again.records())) == records > 0
    again.close()


def test_error_pickles() -> None:
    """It carries its path along."""
    error = pickle.loads(pickle.dumps(LedgerError("no", path="/x")))
    assert (str(error), error.path) == ("no", "/x")


_FORKING = """
import gc, os, signal, sys
from arango_jobs.ledger.file import LedgerFile
file = LedgerFile(sys.argv[1])
file.begin()
file.append(1, 1, None, None, None, None, None)
child = os.fork()
if child == 0:
    file.abandon()
    del file
    gc.collect()
    sys.exit()
os.waitpid(child, 0)
file.append(1, 2, None, None, None, None, None)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_forked_child(ledger: Path) -> None:
    """Its end leaves the parent's file alone: what is written later outlives the parent."""
    subprocess.run([sys.executable, "-c", _FORKING, str(ledger)], check=False)
    file = LedgerFile(ledger)
    assert [at for _, at, *_ in file.records()] == [1, 2]
    file.close()
