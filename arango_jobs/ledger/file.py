"""The file of a ledger: made, checked, locked for one process, and closed.

It is an SQLite database in WAL mode. What is committed outlives the process
(`kill -9` included); a power cut may take the last commits with it, as nothing
waits for the disk (`synchronous=NORMAL`), and leaves the file whole.
Knows nothing of what the rows mean but for their columns.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import sqlite3
import stat
import threading
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote

from arango_jobs.errors import LedgerError

__all__ = ["LedgerFile"]

_APPLICATION = 0x61726A6C  # "arjl", at offset 68 of the file
_VERSION = 1
_MAGIC = b"SQLite format 3\0"
_HEADER = 100
_PRIVATE = stat.S_IRUSR | stat.S_IWUSR
_BUSY = ("database is locked", "database table is locked")

_SCHEMA = f"""
BEGIN IMMEDIATE;
CREATE TABLE run (id INTEGER PRIMARY KEY, at REAL, pid INTEGER, hosts BLOB);
CREATE TABLE kind (id INTEGER PRIMARY KEY, facts BLOB);
CREATE TABLE round (
    id INTEGER PRIMARY KEY, run INTEGER, at REAL,
    taken BLOB, bodies BLOB, jobs BLOB, ended BLOB, servers BLOB
);
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

# SQLite's locks are the process's: within it two connections would not keep each other out
# for sure, and closing any descriptor of the file would drop them.
_open_here: set[tuple[int, int]] = set()
_open_lock = threading.Lock()


class LedgerFile:
    """An open ledger, which no other process and no other manager can open meanwhile.

    Raises `LedgerError` wherever it cannot be used. A lock of a process that has died is none.
    """

    def __init__(self, path: str | os.PathLike[str], *, create: bool = True) -> None:
        self.path = os.path.abspath(os.fspath(path))
        self._identity = (0, 0)
        self._db: sqlite3.Connection | None = None
        self._prepare(create)
        try:
            with self._converting("opened"):
                self._db = self._connect()
        except BaseException:
            self.close()
            raise

    def rows(self, sql: str, *values: Any) -> Iterator[Any]:
        """Read rows."""
        with self._converting("read"):
            yield from self._connection.execute(sql, values)

    def write(self, sql: str, values: tuple[Any, ...] = ()) -> int:
        """Execute one statement, a transaction by itself; return the id of the row it made."""
        try:
            return self._connection.execute(sql, values).lastrowid or 0
        except sqlite3.Error as error:
            raise self._error(f"cannot be written: {error}") from error

    def write_all(self, statements: Iterable[tuple[str, tuple[Any, ...]]]) -> None:
        """Execute statements, all of them or none."""
        with self._converting("written"), self._connection as db:
            db.execute("BEGIN IMMEDIATE")
            for sql, values in statements:
                db.execute(sql, values)

    def close(self) -> None:
        """Close it; others may open it then."""
        db, self._db = self._db, None
        if db is not None:
            with contextlib.suppress(sqlite3.Error):
                # What is left in the write-ahead log is read from there the next time.
                db.close()
        with _open_lock:
            _open_here.discard(self._identity)

    def abandon(self) -> None:
        """Forget it in a forked child, without closing: that would write to the parent's file."""
        if self._db is not None:
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(self._db))
            self._db = None

    @property
    def _connection(self) -> sqlite3.Connection:
        if self._db is None:
            raise self._error("is closed")
        return self._db

    # ---- opening

    def _prepare(self, create: bool) -> None:
        try:
            if create:
                # Nobody else may read it at any moment, whatever the umask is.
                with contextlib.suppress(FileExistsError):
                    os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, _PRIVATE))
            status = os.stat(self.path)
            if not stat.S_ISREG(status.st_mode):
                raise self._error("is no file")
            self._claim((status.st_dev, status.st_ino))
            self._check_header()
            for path in (self.path, self.path + "-wal"):
                with contextlib.suppress(FileNotFoundError):
                    if os.stat(path).st_mode & ~_PRIVATE & 0o777:
                        os.chmod(path, _PRIVATE)
        except OSError as error:
            self.close()
            raise self._error(f"cannot be opened: {error.strerror or error}") from error
        except LedgerError:
            self.close()
            raise

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
            return
        if len(header) < _HEADER or not header.startswith(_MAGIC):
            raise self._error("is no ledger: it is no SQLite database")
        if int.from_bytes(header[68:72], "big") != _APPLICATION:
            raise self._error("is no ledger: it is another program's SQLite database")
        version = int.from_bytes(header[60:64], "big")
        if version != _VERSION:
            raise self._error(f"has format {version}; this version reads format {_VERSION}")

    def _connect(self) -> sqlite3.Connection:
        db = sqlite3.connect(
            f"file:{quote(self.path)}?mode=rw",
            uri=True,
            timeout=0,
            isolation_level=None,
            check_same_thread=False,
        )
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
        except sqlite3.Error as error:
            raise self._error(f"cannot be {done}: {error}") from error

    def _error(self, what: str) -> LedgerError:
        return LedgerError(f"the ledger {self.path} {what}", path=self.path)
