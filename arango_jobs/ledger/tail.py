"""The file beside a ledger that says which record is its last.

SQLite ends its write-ahead log where the first page is damaged, and knows nothing of
a log that was cut or lost. So after each commit, and before anything of it is sent,
the number and checksum of the last record are written here. A ledger that ends
before that has lost records. A kill between the two leaves a ledger that goes one
record further, nothing of which was sent.
"""

from __future__ import annotations

import contextlib
import os
import stat
import struct
from typing import BinaryIO
from zlib import crc32

from arango_jobs.ledger.checks import Mark

__all__ = ["Tail"]

_MAGIC = b"arjltail"
_FORM = struct.Struct("<QQI")
_SIZE = len(_MAGIC) + _FORM.size + 4


class Tail:
    """The tail file of the ledger at `path`."""

    def __init__(self, path: str) -> None:
        self.path = f"{path}-tail"
        self._file: BinaryIO | None = None

    def read(self) -> Mark | None:
        """Return what it says, `None` where it is missing; `ValueError` where it is damaged."""
        try:
            with open(self.path, "rb") as file:
                data = file.read(_SIZE + 1)
        except FileNotFoundError:
            return None
        body, own = data[:-4], data[-4:]
        if len(data) != _SIZE or not body.startswith(_MAGIC) or _sum(body) != own:
            raise ValueError(f"{self.path} is damaged")
        return Mark(*_FORM.unpack(body[len(_MAGIC) :]))

    def write(self, mark: Mark) -> None:
        """Say that `mark` is the last record."""
        body = _MAGIC + _FORM.pack(*mark)
        if self._file is None:
            self._file = self._open()
        self._file.seek(0)
        self._file.write(body + _sum(body))

    def close(self) -> None:
        """Close it, if it is open."""
        file, self._file = self._file, None
        if file is not None:
            with contextlib.suppress(OSError):
                file.close()

    def remove(self) -> None:
        """Remove it: the ledger itself says how far it goes."""
        self.close()
        with contextlib.suppress(OSError):
            os.unlink(self.path)

    def _open(self) -> BinaryIO:
        # Nobody else may write it, whatever the umask is.
        mode = stat.S_IRUSR | stat.S_IWUSR
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0)
        return open(os.open(self.path, flags, mode), "r+b", buffering=0)


def _sum(body: bytes) -> bytes:
    return crc32(body).to_bytes(4, "little")
