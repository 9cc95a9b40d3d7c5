"""Opens a file or standard input: compression, what it holds, and a clear word where that fails.

Knows bytes and nothing of rows.
"""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import os
import stat
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

from arango_jobs.loader.errors import SourceError

__all__ = ["binary_input", "check_readable", "guess_format", "identity_of", "reading_errors"]

_BUFFER = 1 << 20
_HEAD = 1 << 16

_PACKED: dict[bytes, Callable[[io.BufferedReader], Any]] = {
    b"\x1f\x8b": lambda stream: gzip.GzipFile(fileobj=stream),
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\x00": lzma.LZMAFile,
}

_PACKED_ENDINGS = frozenset({".gz", ".bz2", ".xz"})

_ENDINGS = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".arrow": "arrow",
    ".feather": "arrow",
    ".ipc": "arrow",
}

_MAGIC = {b"PAR1": "parquet", b"ARROW1": "arrow", b"\xff\xff\xff\xff": "arrow"}

# What people hand in by mistake, and what it is.
_FOREIGN = {
    b"PK\x03\x04": "a ZIP archive (an Excel workbook?); save it as CSV",
    b"\xff\xfe": "text in UTF-16; say so with encoding utf-16",
    b"\xfe\xff": "text in UTF-16; say so with encoding utf-16",
    b"%PDF": "a PDF document",
    b"SQLite format 3": "an SQLite database",
    b"\x28\xb5\x2f\xfd": "compressed with zstd; unpack it first",
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


def guess_format(path: str, stream: io.BufferedReader, encoding: str) -> str:
    """Say what `stream` holds, by the ending of its name and by its first bytes."""
    head = stream.peek(_HEAD)[:_HEAD]
    for magic, kind in _MAGIC.items():
        if head.startswith(magic):
            return kind
    _refuse_foreign(path, head, encoding)
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    by_name = _ENDINGS.get(_ending(path))
    if by_name is not None and by_name != "jsonl":
        return by_name
    if text.startswith(b"["):
        return "json"
    if text.startswith(b"{") or by_name == "jsonl" or _ending(path) == ".json":
        return "jsonl"
    return "csv"


def _refuse_foreign(path: str, head: bytes, encoding: str) -> None:
    if not encoding.lower().replace("_", "-").startswith(("utf-8", "utf8", "ascii", "latin")):
        return
    for magic, what in _FOREIGN.items():
        if head.startswith(magic):
            raise SourceError(f"{path} is {what}")
    zero = head.find(b"\0")
    if zero >= 0:
        raise SourceError(
            f"{path} is no text: byte {zero} is 0; it should hold CSV, JSON lines or a JSON array"
        )


def _ending(path: str) -> str:
    endings = [ending.lower() for ending in Path(path).suffixes]
    if endings and endings[-1] in _PACKED_ENDINGS:
        endings.pop()
    return endings[-1] if endings else ""


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
