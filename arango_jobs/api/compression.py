"""Bodies made smaller before they are sent (the server takes deflate since 3.12)."""

from __future__ import annotations

import zlib
from typing import Protocol

from arango_jobs.checking import checked
from arango_jobs.errors import OptionError
from arango_jobs.operations import Headers

__all__ = ["DeflateRequestCompression", "RequestCompression", "compressed"]


class RequestCompression(Protocol):
    """What decides about bodies and compresses them."""

    def needs_compression(self, data: str) -> bool:
        """Whether `data` is worth it."""
        ...

    def compress(self, data: str) -> bytes:
        """Return `data` compressed."""
        ...

    def encoding(self) -> str:
        """Return the value of `Content-Encoding`."""
        ...


class DeflateRequestCompression:
    """Compresses bodies of `threshold` characters and more with zlib at `level`."""

    @checked
    def __init__(self, threshold: int = 1024, level: int = 6) -> None:
        if threshold < 0 or level not in range(10):
            raise OptionError(f"no compression with threshold={threshold!r}, level={level!r}")
        self._threshold = threshold
        self._level = level

    def needs_compression(self, data: str) -> bool:
        """Whether `data` is worth it."""
        return len(data) >= self._threshold

    def compress(self, data: str) -> bytes:
        """Return `data` compressed."""
        return zlib.compress(data.encode(), self._level)

    def encoding(self) -> str:
        """Return the value of `Content-Encoding`."""
        return "deflate"


def compressed(body: bytes, compression: RequestCompression | None) -> tuple[bytes, Headers]:
    """Return the body to send and the header that goes with it."""
    if compression is None:
        return body, ()
    text = body.decode()
    if not compression.needs_compression(text):
        return body, ()
    return compression.compress(text), (("content-encoding", compression.encoding()),)
