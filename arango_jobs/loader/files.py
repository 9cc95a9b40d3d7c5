"""Opens a file or standard input, unpacks it, and says clearly where that fails.

Knows bytes and nothing of rows.
"""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import os
import shutil
import stat
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, cast

from arango_jobs.loader.errors import SourceError

__all__ = ["binary_input", "check_readable", "identity_of", "reading_errors", "seekable"]

_BUFFER = 1 << 20
_HEAD = 1 << 16

_PACKED: dict[bytes, Callable[[io.BufferedReader], Any]] = {
    b"\x1f\x8b": lambda stream: gzip.GzipFile(fileobj=stream),
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\x00": lzma.LZMAFile,
}


def binary_input(path: str) -> io.BufferedReader:
    """Open `path`, or standard input for "-", unpacked where it is compressed."""
    with reading_errors(path):
        stream = _open(path)
        try:
            head = stream.peek(8)
        except OSError:
            stream.close()
            raise
    for magic, opener in _PACKED.items():
        if head.startswith(magic):
            # GzipFile and its kind close only what they opened themselves.
            return _Unpacked(opener(stream), stream)
    return stream


def check_readable(path: str) -> None:
    """Raise `SourceError` where `path` cannot be opened."""
    if path != "-":
        with reading_errors(path):
            _open(path).close()


def seekable(stream: io.BufferedReader, path: str) -> str | io.BufferedIOBase:
    """Return what can be read from any place: `path`, or a copy of `stream`, which is closed.

    What is compressed or comes from standard input goes to a temporary file.
    """
    if not isinstance(stream, _Unpacked) and path != "-":
        stream.close()
        return path
    file = cast("io.BufferedIOBase", tempfile.TemporaryFile())  # noqa: SIM115  closed with the source
    try:
        shutil.copyfileobj(stream, file, _BUFFER)
        file.seek(0)
    except BaseException:
        file.close()
        raise
    stream.close()
    return file


class _Unpacked(io.BufferedReader):
    def __init__(self, unpacked: Any, packed: io.BufferedReader) -> None:
        super().__init__(unpacked, _BUFFER)
        self._packed = packed

    def close(self) -> None:
        super().close()
        self._packed.close()


def _open(path: str) -> io.BufferedReader:
    if path == "-":
        return cast("io.BufferedReader", sys.stdin.buffer)
    if stat.S_ISDIR(os.stat(path).st_mode):
        raise SourceError(f"{path} is a directory; name a file in it")
    # Closed by whoever reads it to the end.
    return io.BufferedReader(io.FileIO(path), _BUFFER)


@contextmanager
def reading_errors(name: str) -> Iterator[None]:
    """Turn what can go wrong while reading `name` into a `SourceError`."""
    try:
        yield
    except FileNotFoundError:
        raise SourceError(f"there is no file {name}") from None
    except UnicodeDecodeError as error:
        raise SourceError(
            f"{name} is no text in {error.encoding}: {error.reason}; what encoding has it?"
        ) from error
    except (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile) as error:
        raise SourceError(f"{name} is damaged or cut short: {error}") from error
    except OSError as error:
        raise SourceError(f"{name} cannot be read: {error.strerror or error}") from error


def identity_of(path: str) -> dict[str, Any]:
    """Return what tells this file from another, or from itself changed."""
    with reading_errors(path), open(path, "rb") as stream:
        status = os.fstat(stream.fileno())
        return {
            "name": os.path.basename(path),
            "size": status.st_size,
            "modified": status.st_mtime_ns,
            "head": _hash(stream),
        }


def _hash(stream: BinaryIO) -> str:
    return hashlib.sha256(stream.read(_HEAD)).hexdigest()
