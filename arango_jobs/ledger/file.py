"""The file of a ledger: made, checked, locked for one process, and closed.

It is an SQLite database in WAL mode. What is committed outlives the process
(`kill -9` included); a power cut may take the last commits with it, as nothing
waits for the disk (`synchronous=NORMAL`), and leaves the file whole.
Every row has a checksum (`checks.py`); `Tail` and the table `mark` say which record
is the last, so that a ledger that was changed, cut, or separated from its write-ahead
log is noticed. Knows nothing of what the rows mean but for their columns.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import sqlite3
import stat
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import quote

from arango_jobs.errors import LedgerError
from arango_jobs.ledger.checks import Chain, Mark, Statement, checksum, row
from arango_jobs.ledger.tail import Tail

__all__ = ["DamageError", "LedgerFile"]

_APPLICATION = 0x61726A6C  # "arjl", at offset 68 of the file
_VERSION = 2
_MAGIC = b"SQLite format 3\0"
_HEADER = 100
_PRIVATE = stat.S_IRUSR | stat.S_IWUSR
_BUSY = ("database is locked", "database table is locked")

_SCHEMA = f"""
BEGIN IMMEDIATE;
CREATE TABLE run (id INTEGER PRIMARY KEY, at REAL, pid INTEGER, hosts BLOB, sum INTEGER);
CREATE TABLE kind (id INTEGER PRIMARY KEY, facts BLOB, sum INTEGER);
CREATE TABLE round (
    id INTEGER PRIMARY KEY, run INTEGER, at REAL,
    taken BLOB, bodies BLOB, jobs BLOB, ended BLOB, servers BLOB, sum INTEGER
);
CREATE TABLE mark (
    id INTEGER PRIMARY KEY,
    generation INTEGER, last INTEGER, last_sum INTEGER, is_closed INTEGER, sum INTEGER
);
INSERT INTO mark VALUES (1, 0, 0, 0, 0, {checksum(0, 0, 0, 0, 0)});
PRAGMA application_id = {_APPLICATION};
PRAGMA user_version = {_VERSION};
COMMIT;
"""
_SETTINGS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
    # A checkpoint waits for the disk: one for every 16 MB, not for every 4.
    "PRAGMA wal_autocheckpoint = 16000",
    "PRAGMA journal_size_limit = 67108864",
    # What is overwritten may stay readable to whoever may read the file: its owner.
    "PRAGMA secure_delete = OFF",
)

_MARK = "UPDATE mark SET generation = ?, last = ?, last_sum = ?, is_closed = ?, sum = ?"
_RECORDS = "SELECT run, at, taken, bodies, jobs, ended, servers, id, sum FROM round ORDER BY id"
_TABLES = {
    "run": "SELECT id, at, pid, hosts, sum FROM run ORDER BY id",
    "kind": "SELECT id, facts, sum FROM kind ORDER BY id",
}
# What reading a damaged SQLite file raises: texts that are no UTF-8 and sizes that are no sizes,
# too, which the module `sqlite3` leaves as they are.
_UNREADABLE = (sqlite3.Error, ValueError, OverflowError, MemoryError)

# SQLite's locks are the process's: within it two connections would not keep each other out
# for sure, and closing any descriptor of the file would drop them.
_open_here: set[tuple[int, int]] = set()
_open_lock = threading.Lock()


class DamageError(LedgerError):
    """A ledger holds other bytes than were written."""


class LedgerFile:
    """An open ledger, which no other process and no other manager can open meanwhile.

    Raises `LedgerError` wherever it cannot be used. A lock of a process that has died is none.
    """

    def __init__(self, path: str | os.PathLike[str], *, create: bool = True) -> None:
        self.path = os.path.abspath(os.fspath(path))
        self._identity = (0, 0)
        self._db: sqlite3.Connection | None = None
        self._tail = Tail(self.path)
        self._chain: Chain | None = None
        """Where the next record goes, once all have been checked."""
        self._is_writing = False
        self._prepare(create)
        try:
            with self._converting("opened"):
                self._db = self._connect()
        except BaseException:
            self.close()
            raise

    # ---- reading

    def rows(self, sql: str, *values: Any) -> Iterator[Any]:
        """Read rows, whatever is in them."""
        with self._converting("read"):
            yield from self._connection.execute(sql, values)

    def table(self, name: str) -> Iterator[tuple[Any, ...]]:
        """Read the rows of `run` or `kind`, without their checksums.

        Raises `DamageError` where one differs.
        """
        for problem, values in self._checked_table(name):
            if problem:
                raise self._damage(problem)
            yield values

    def records(self) -> Iterator[tuple[Any, ...]]:
        """Read the records, in order: run, at, taken, bodies, jobs, ended, servers.

        Raises `DamageError` where one was changed, or any is missing.
        """
        for problem, values in self._checked_records():
            if problem:
                raise self._damage(problem)
            yield values

    def readable(self, name: str) -> Iterator[tuple[Any, ...]]:
        """Read what is as it was written, of `run`, `kind` or `round`, and leave out the rest."""
        found = self._checked_records() if name == "round" else self._checked_table(name)
        return (values for problem, values in found if not problem)

    # ---- writing

    def begin(self) -> None:
        """Begin to write: from here on, a ledger that ends too early is noticed.

        Raises `LedgerError`, `DamageError` where what is there is not as it was written.
        """
        if self._chain is None:
            for _ in self.records():
                pass
        mark, is_closed = self._mark()
        chain = self._chain
        assert chain is not None
        self._tell(chain.mark)
        self._is_writing = True
        if is_closed:
            with self._converting("written"):
                self._put_mark(mark, is_closed=False)
                # In the file itself: its log may get lost.
                self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def append(self, run: int, at: float, *columns: bytes | None) -> None:
        """Append a record; `columns`: taken, bodies, jobs, ended, servers."""
        assert self._chain is not None
        before = self._chain.mark
        try:
            self._connection.execute(*self._chain.append(run, at, *columns))
        except sqlite3.Error as error:
            self._chain.mark = before
            raise self._error(f"cannot be written: {error}") from error
        self._tell(self._chain.mark)

    def insert(self, table: str, *values: Any) -> int:
        """Insert a row into `run` or `kind`; return its number."""
        with self._converting("written"):
            (last,) = next(self._connection.execute(f"SELECT max(id) FROM {table}"))
            number = (last or 0) + 1
            self._connection.execute(*row(table, number, *values))
        return number

    def rewrite(self, build: Callable[[Chain], Iterable[Statement]]) -> None:
        """Execute what `build` gives, which appends all records anew: all of it or nothing."""
        assert self._chain is not None
        _, is_closed = self._mark()
        chain = Chain(Mark(self._chain.mark.generation + 1))
        with self._converting("written"), self._connection as db:
            db.execute("BEGIN IMMEDIATE")
            for sql, values in build(chain):
                db.execute(sql, values)
            self._put_mark(chain.mark, is_closed=is_closed)
        self._chain = chain
        if self._is_writing:
            self._tell(chain.mark)

    def close(self) -> None:
        """Close it; others may open it then."""
        is_marked = self._mark_closed()
        db, self._db = self._db, None
        if db is not None:
            with contextlib.suppress(sqlite3.Error):
                # What is left in the write-ahead log is read from there the next time.
                db.close()
        if is_marked:
            self._tail.remove()
        self._tail.close()
        with _open_lock:
            _open_here.discard(self._identity)

    def abandon(self) -> None:
        """Forget it in a forked child, without closing: that would write to the parent's file."""
        if self._db is not None:
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(self._db))
            self._db = None
        self._is_writing = False

    @property
    def _connection(self) -> sqlite3.Connection:
        if self._db is None:
            raise self._error("is closed")
        return self._db

    # ---- checking

    def _checked_table(self, name: str) -> Iterator[tuple[str, tuple[Any, ...]]]:
        for problem, found in self._read(_TABLES[name]):
            *values, total = found or (None,)
            if not problem and checksum(0, *values) != total:
                problem = f"row {values[0]} of the table {name} was changed"
            yield problem and f"is damaged: {problem}", tuple(values)

    def _checked_records(self) -> Iterator[tuple[str, tuple[Any, ...]]]:
        before, number, tail = 0, 0, Mark()
        try:
            told = self._tail.read()
        except (OSError, ValueError) as error:
            told, tail_problem = None, str(error)
        else:
            tail_problem = f"{self._tail.path} is missing"
        for problem, found in self._read(_RECORDS):
            if problem:
                yield f"is damaged after record {number}: {problem}", ()
                continue
            *values, this, total = found
            if type(this) is not int or type(total) is not int:
                # A damaged table gives columns without values.
                yield f"is damaged after record {number}", ()
                continue
            if this != number + 1:
                yield f"is damaged: {_missing(number + 1, this - 1)}", ()
                # Its checksum cannot be checked, as it continues the one that is missing.
            elif checksum(before, *values, this) != total:
                yield f"is damaged: record {this} was changed", ()
            else:
                yield "", tuple(values)
            before, number = total, this
            if told is not None and this == told.last:
                tail = Mark(told.generation, this, total)
        end = self._end_problem(number, before, told, tail, tail_problem)
        if end:
            yield end, ()

    def _end_problem(
        self, number: int, total: int, told: Mark | None, seen: Mark, tail_problem: str
    ) -> str:
        """Return what is wrong with the end of the records, the last of which is `number`.

        `told` is what the tail file says, `seen` the record that it names as it stands.
        """
        try:
            mark, is_closed = self._mark()
        except LedgerError as error:
            return str(error).removeprefix(f"the ledger {self.path} ")
        end = Mark(mark.generation, number, total)
        if is_closed or (told is not None and told.generation == mark.generation - 1):
            # Closed in order, or rewritten as the last thing that happened.
            if end == mark:
                self._chain = Chain(end)
                return ""
            return f"is damaged: {_missing(number + 1, mark.last)}"
        if told is None:
            return (
                f"was not closed, and {tail_problem}: "
                f"whether record {number} is the last cannot be told"
            )
        if told.generation != mark.generation or told.last > number:
            return (
                f"is damaged: its last record is {number}, and {self._tail.path} "
                f"tells of {told.last}; were its files cut, or not copied together?"
            )
        if told.last and seen != told:
            return f"is damaged: record {told.last} was changed"
        self._chain = Chain(end)
        return ""

    def _read(self, sql: str) -> Iterator[tuple[str, Any]]:
        try:
            for found in self._connection.execute(sql):
                yield "", found
        except _UNREADABLE as error:
            yield str(error), None

    def _mark(self) -> tuple[Mark, bool]:
        """Return what the ledger itself says of its end, and whether it was closed in order."""
        sql = "SELECT generation, last, last_sum, is_closed, sum FROM mark"
        found = [values for _, values in self._read(sql)]
        if len(found) != 1 or found[0] is None or checksum(0, *found[0][:-1]) != found[0][-1]:
            raise self._damage("is damaged: the table mark was changed")
        generation, last, total, is_closed, _ = found[0]
        return Mark(generation, last, total), bool(is_closed)

    def _put_mark(self, mark: Mark, *, is_closed: bool) -> None:
        values = (*mark, int(is_closed))
        self._connection.execute(_MARK, (*values, checksum(0, *values)))

    def _mark_closed(self) -> bool:
        """Return whether the ledger says that it is complete, and needs no tail file for that."""
        if self._db is None or not self._is_writing:
            return False
        self._is_writing = False
        assert self._chain is not None
        try:
            self._put_mark(self._chain.mark, is_closed=True)
        except sqlite3.Error:
            return False
        return True

    def _tell(self, mark: Mark) -> None:
        try:
            self._tail.write(mark)
        except OSError as error:
            what = f"cannot be written: {self._tail.path}: {error.strerror or error}"
            raise self._error(what) from error

    # ---- opening

    def _prepare(self, create: bool) -> None:
        try:
            is_new = create and self._create()
            status = os.stat(self.path)
            if not stat.S_ISREG(status.st_mode):
                raise self._error("is no file")
            self._claim((status.st_dev, status.st_ino))
            if is_new:
                self._tell(Mark())
            else:
                self._check_header()
            for path in (self.path, self.path + "-wal", self._tail.path):
                with contextlib.suppress(FileNotFoundError):
                    if os.stat(path).st_mode & ~_PRIVATE & 0o777:
                        os.chmod(path, _PRIVATE)
        except OSError as error:
            self.close()
            raise self._error(f"cannot be opened: {error.strerror or error}") from error
        except LedgerError:
            self.close()
            raise

    def _create(self) -> bool:
        """Make an empty file where there is none; return whether there was none."""
        if not os.path.exists(self.path) and os.path.exists(f"{self.path}-wal"):
            raise self._error("is missing, and its write-ahead log (-wal) is there: move both away")
        # Nobody else may read it at any moment, whatever the umask is.
        try:
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, _PRIVATE))
        except FileExistsError:
            return False
        return True

    def _claim(self, identity: tuple[int, int]) -> None:
        with _open_lock:
            if identity in _open_here:
                raise self._error("is in use by another manager of this process")
            _open_here.add(identity)
        self._identity = identity

    def _check_header(self) -> None:
        # By hand, as SQLite would begin to repair and convert what is not ours.
        with open(self.path, "rb") as file:
            header = file.read(_HEADER)
        if not header:
            raise self._error(
                "is empty (0 bytes), as no ledger is: it was cut, or never begun. What it said is "
                "lost; where nothing can have been sent, remove it to begin a new one"
            )
        if len(header) < _HEADER or not header.startswith(_MAGIC):
            raise self._error("is no ledger: it is no SQLite database")
        if int.from_bytes(header[68:72], "big") != _APPLICATION:
            raise self._error("is no ledger: it is another program's SQLite database")
        version = int.from_bytes(header[60:64], "big")
        if version != _VERSION:
            raise self._error(
                f"has format {version}; this version of arango_jobs reads format {_VERSION}. "
                "Recover it with the version that wrote it, or move it away to begin a new one"
            )

    def _connect(self) -> sqlite3.Connection:
        db = sqlite3.connect(
            f"file:{quote(self.path)}?mode=rw",
            uri=True,
            timeout=0,
            isolation_level=None,
            check_same_thread=False,
        )
        # The bytes are checked, whatever type a damaged row gives them.
        db.text_factory = bytes
        try:
            db.execute("PRAGMA locking_mode = EXCLUSIVE")
            # Whole pages are written for a round, and a round of single jobs takes few bytes:
            # with SQLite's own 4096 a commit takes twice as long. Of effect for new files only.
            db.execute("PRAGMA page_size = 1024")
            if not next(db.execute("SELECT count(*) FROM sqlite_master"))[0]:
                db.executescript(_SCHEMA)
            for setting in _SETTINGS:
                db.execute(setting).fetchall()
            # Takes the lock, which is held from here on.
            db.execute("BEGIN IMMEDIATE")
            db.execute("COMMIT")
        except BaseException:
            db.close()
            raise
        return db

    # ---- errors

    @contextlib.contextmanager
    def _converting(self, done: str) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            if str(error) in _BUSY:
                raise self._error("is in use by another process") from error
            raise self._error(f"cannot be {done}: {error}") from error
        except _UNREADABLE as error:
            raise self._error(f"cannot be {done}: {error}") from error

    def _error(self, what: str) -> LedgerError:
        return LedgerError(f"the ledger {self.path} {what}", path=self.path)

    def _damage(self, what: str) -> DamageError:
        return DamageError(f"the ledger {self.path} {what}", path=self.path)


def _missing(first: int, last: int) -> str:
    if first > last:
        return f"record {first - 1} is one too many"
    return (
        f"record {first} is missing" if first == last else f"records {first} to {last} are missing"
    )
