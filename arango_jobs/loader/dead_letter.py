"""The file of rows that failed: JSON lines with row, line and error, which can be loaded again."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

import orjson
from typing_extensions import Self

from arango_jobs import json
from arango_jobs.errors import JSONEncodeError
from arango_jobs.loader.errors import DeadLetterError
from arango_jobs.loader.rows import Row

__all__ = ["DeadLetters", "default_name"]


class DeadLetters:
    """Writes failed rows to `path`, which it makes at once and removes if nothing failed."""

    def __init__(self, path: str | os.PathLike[str], *, keep: int | None = None) -> None:
        """Open it; with `keep`, go on after the first so many bytes of it."""
        self.path = Path(path)
        self._file: BinaryIO | None = None
        with _Errors(self.path):
            if keep is None:
                self._refuse_existing()
            is_kept = keep is not None and self.path.exists()
            # Without a buffer: one that could not be written out would fail again on close.
            self._file = self.path.open("r+b" if is_kept else "wb", buffering=0)
            if keep is not None:
                self._file.truncate(keep)
                self._file.seek(keep)
        self.size = keep or 0

    def _refuse_existing(self) -> None:
        try:
            status = os.stat(self.path)
        except FileNotFoundError:
            return
        if stat.S_ISREG(status.st_mode) and status.st_size:
            raise DeadLetterError(
                f"{self.path} is there already, perhaps with rows of an earlier load; "
                "move it away or name another file"
            )

    def write(self, rows: Iterable[Row]) -> None:
        """Write rows down; when this returns, they survive a crash of the machine."""
        data = b"".join(_line(row) for row in rows)
        file = self._file
        if not data or file is None:
            return
        with _Errors(self.path):
            view = memoryview(data)
            while view:
                view = view[file.write(view) :]
            if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                os.fsync(file.fileno())
        self.size += len(data)

    def close(self) -> None:
        """Close the file, and remove it if nothing is in it."""
        file, self._file = self._file, None
        if file is None:
            return
        with _Errors(self.path):
            is_ours = stat.S_ISREG(os.fstat(file.fileno()).st_mode)
            file.close()
            if is_ours and not self.size:
                self.path.unlink(missing_ok=True)

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
        # A dict with a value that JSON cannot carry is what made it fail.
        record["text"], record["row"] = repr(row.original)[:2000], None
        return orjson.dumps(record) + b"\n"
