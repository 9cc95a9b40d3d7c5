"""Text of any encoding as a stream of UTF-8, so that each reader knows one encoding only.

A byte that is no text in the encoding spoils the row it stands in, not the rest of the file:
it goes through as a sequence that is no UTF-8, which every reader refuses where it meets it.
"""

from __future__ import annotations

import codecs
import io

from typing_extensions import Buffer

__all__ = ["as_utf8", "is_text", "is_utf8"]

_BOM = codecs.BOM_UTF8
_CHUNK = 1 << 18
_BUFFER = 1 << 20


def is_utf8(encoding: str) -> bool:
    """Return whether `encoding` is a name of UTF-8."""
    return codecs.lookup(encoding).name in ("utf-8", "utf-8-sig")


def is_text(text: str) -> bool:
    """Return whether `text` has no byte that could not be decoded."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def as_utf8(stream: io.BufferedReader, encoding: str) -> io.BufferedReader:
    """Return `stream` as UTF-8 without a byte order mark."""
    if not is_utf8(encoding):
        stream = io.BufferedReader(_Recoded(stream, encoding), _BUFFER)
    if stream.peek(len(_BOM)).startswith(_BOM):
        stream.read(len(_BOM))
    return stream


class _Recoded(io.RawIOBase):
    """The bytes of another stream, decoded and encoded again; closes that stream."""

    def __init__(self, stream: io.BufferedReader, encoding: str) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(encoding)("surrogateescape")
        self._ready = memoryview(b"")
        self._is_over = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer, /) -> int:
        view = memoryview(buffer).cast("B")
        while not self._ready and not self._is_over:
            data = self._stream.read(_CHUNK)
            self._is_over = not data
            text = self._decoder.decode(data, self._is_over)
            self._ready = memoryview(text.encode("utf-8", "surrogatepass"))
        count = min(len(view), len(self._ready))
        view[:count] = self._ready[:count]
        self._ready = self._ready[count:]
        return count

    def close(self) -> None:
        super().close()
        self._stream.close()
