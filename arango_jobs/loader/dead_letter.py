"""The file of rows that failed: JSON lines with row, line and error, which can be loaded again."""

from __future__ import annotations

import json as _standard
import os
import stat
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

from typing_extensions import Self

from arango_jobs import json
from arango_jobs.errors import JSONEncodeError
from arango_jobs.loader.errors import DeadLetterError
from arango_jobs.loader.plain import Plain
from arango_jobs.loader.rows import Row

__all__ = ["DeadLetters", "default_name"]


class DeadLetters:
    """Writes failed rows to `path`, which it makes when the first of them comes."""

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        keep: int | None = None,
        another: Callable[[], Path] | None = None,
    ) -> None:
        """Check that the file can be used; with `keep`, go on after its first so many bytes.

        `another` names a file in its place, should somebody else make one of that
        name before the first row fails.
        """
        self.path = Path(path)
        self.size = 0
        self._another = another
        self._is_closed = False
        self._file: BinaryIO | None = None
        with _Errors(self.path):
            status = self._status()
            self._is_new = status is None
            if status is None:
                # Neither mends itself before the first row fails.
                os.stat(self.path.parent)
            elif not stat.S_ISREG(status.st_mode):
                # Who reads from a pipe waits until it is opened. A directory is refused here.
                self._file = self.path.open("wb", buffering=0)
            elif keep is None:
                self._refuse_if_used(status)
            else:
                self.size = min(keep, status.st_size)
                if status.st_size > keep:
                    self._file = self._open()

    def _status(self) -> os.stat_result | None:
        try:
            return os.stat(self.path)
        except FileNotFoundError:
            return None

    def _refuse_if_used(self, status: os.stat_result) -> None:
        if status.st_size:
            raise DeadLetterError(
                f"{self.path} is there already, perhaps with rows of an earlier load; "
                "move it away or name another file"
            )

    def _open(self) -> BinaryIO:
        """Return the file, cut after what is kept of it."""
        # Without a buffer: one that could not be written out would fail again on close.
        if not self._is_new:
            file = open(self.path, "r+b", buffering=0)  # noqa: SIM115  closed by `close`
            _make_private(file)
            file.truncate(self.size)
            file.seek(self.size)
            return file
        while True:
            try:
                return open(self.path, "xb", buffering=0, opener=_private)
            except FileExistsError:
                if self._another is None:
                    raise
                self.path = self._another()

    @property
    def is_made(self) -> bool:
        """Whether the file is there and ours."""
        return self._file is not None or not self._is_new

    def make(self) -> None:
        """Make the file, where that has not been done."""
        if self._file is None and not self._is_closed:
            with _Errors(self.path):
                self._file = self._open()

    def write(self, rows: Iterable[Row]) -> None:
        """Write rows down; when this returns, they survive a crash of the machine."""
        data = b"".join(_line(row) for row in rows)
        if not data or self._is_closed:
            return
        self.make()
        file = self._file
        assert file is not None
        with _Errors(self.path):
            view = memoryview(data)
            while view:
                view = view[file.write(view) :]
            if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                os.fsync(file.fileno())
        self.size += len(data)

    def close(self) -> None:
        """Close the file."""
        self._is_closed = True
        file, self._file = self._file, None
        if file is not None:
            with _Errors(self.path):
                file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class _Errors:
    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        return

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(error, OSError):
            raise DeadLetterError(
                f"failed rows cannot be written to {self._path}: {error.strerror or error}"
            ) from error


# Rows hold what the collection holds: nobody else may read them, whatever the umask is.
_PRIVATE = 0o600
_private = partial(os.open, mode=_PRIVATE)


def _make_private(file: BinaryIO) -> None:
    if os.fstat(file.fileno()).st_mode & ~_PRIVATE & 0o777:
        os.chmod(file.name, _PRIVATE)


def default_name(source: str) -> Path:
    """Return a file in the working directory that is not there yet, named after `source`."""
    base = "stdin" if source in ("-", "standard input") else Path(source).name
    name = Path(f"{base}.failed.jsonl")
    number = 2
    while name.exists() and name.stat().st_size:
        name = Path(f"{base}.failed-{number}.jsonl")
        number += 1
    return name


def _line(row: Row) -> bytes:
    problem = row.problem
    record: dict[str, Any] = {"number": row.number, "line": row.line, "row": row.original}
    if row.original is None:
        record["text"] = row.text
    if row.made_key is not None:
        record["key"] = row.made_key
    record["error"] = {"code": problem.code, "message": problem.message} if problem else None
    try:
        return json.dumps(record) + b"\n"
    except JSONEncodeError:
        pass
    # As it would have been sent.
    row_as_sent = None if row.original is None else Plain().of_dict(row.original)
    record["row"] = row_as_sent
    try:
        return json.dumps(record) + b"\n"
    except JSONEncodeError:
        # A value that JSON cannot carry is what made it fail, or that ArangoDB refuses.
        if not _is_exact(row_as_sent):
            record["text"], record["row"] = repr(row.original)[:2000], None
        return _standard.dumps(record).encode() + b"\n"


def _is_exact(value: Any) -> bool:
    """Return whether JSON gives back what it is given, such as half of a surrogate pair."""
    try:
        return bool(_standard.loads(_standard.dumps(value, allow_nan=False)) == value)
    except (TypeError, ValueError, RecursionError):
        return False
