"""The elements of one JSON array, as text, without holding the array in memory.

Only strings, brackets and commas are looked at. Each element is then read by itself, as a
line of JSON lines is, so that both get the same verdict and one bad element spoils one row.

Most elements need not be looked at so closely: what stands before the next "},{" is one, if
it can be read as one.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

from arango_jobs.loader.json_text import MAX_TEXT, read_json

__all__ = ["ArrayBrokenError", "elements"]

_CHUNK = 1 << 18
# Strings in one match, at most: each costs memory until the match ends.
_STRINGS = "{0,256}"
_STRING = r'"[^"\\]*(?:\\.[^"\\]*)*"'


def _up_to(stops: str) -> re.Pattern[bytes]:
    """Return a pattern for all that stands before one of `stops` outside of a string."""
    other = rf'[^"{stops}]*'
    pattern = rf"{other}(?:{_STRING}{other}){_STRINGS}"
    return re.compile(pattern.encode(), re.DOTALL)


_IN_ELEMENT = _up_to(r"\[\]{}")
_BETWEEN = _up_to(r"\[\]{},")

_BOUNDARY = re.compile(rb"\}\s*,\s*\{")
# Elements that could not be read up to the next boundary, before none is tried any more.
_MISSES = 16

_QUOTE, _COMMA, _END = b'",]'
_CLOSING = dict(zip(b"[{", b"]}", strict=True))


class ArrayBrokenError(ValueError):
    """Where one element ends and the next one begins cannot be told any more."""


def elements(stream: io.BufferedReader) -> Iterator[tuple[bytes, Any]]:
    """Give the text of each element of the array that `stream` holds, and its value.

    The value is `None` where it has not been read. Raises `ArrayBrokenError` where brackets
    or quotes do not match.
    """
    text = _Text(stream)
    text.take(b"[")
    closing: list[int] = []
    count = 0
    while True:
        if not closing and (found := text.object_at_once()) is not None:
            count += 1
            yield found
            continue
        sign = text.next_sign(_IN_ELEMENT if closing else _BETWEEN)
        if sign in _CLOSING:
            closing.append(_CLOSING[sign])
        elif closing:
            if sign != closing.pop():
                raise ArrayBrokenError(f"a {chr(sign)!r} closes what it did not open")
        elif sign in (_COMMA, _END):
            element = text.element()
            if sign == _COMMA or element.strip() or count:
                count += 1
                yield element, None
            if sign == _END:
                text.finish()
                return
        else:
            raise ArrayBrokenError("a '}' closes what it did not open")


class _Text:
    """What has been read and not yet given: from `_start`, looked at up to `_place`."""

    def __init__(self, stream: io.BufferedReader) -> None:
        self._stream = stream
        self._data = b""
        self._start = 0
        self._place = 0
        self._boundary: bytes | None = None
        self._tries = _MISSES

    def take(self, sign: bytes) -> None:
        """Take `sign`, which comes next after white space."""
        while not (text := self._data.lstrip()):
            if not self._read():
                raise ArrayBrokenError(f"there is no {sign.decode()!r}")
        assert text.startswith(sign)
        self._data = text
        self._start = self._place = 1

    def object_at_once(self) -> tuple[bytes, Any] | None:
        """Return the next element if it is an object that ends at the next boundary."""
        if self._tries <= 0 or self._place != self._start:
            return None
        if self._boundary is None:
            boundary = _BOUNDARY.search(self._data, self._start)
            if boundary is None:
                return None
            self._boundary = boundary[0]
        end = self._data.find(self._boundary, self._start)
        if end < 0:
            return None
        text = self._data[self._start : end + 1]
        try:
            value = read_json(text)
        except ValueError:
            self._tries -= 2
            return None
        self._tries = min(self._tries + 1, _MISSES)
        self._start = self._place = end + len(self._boundary) - 1
        return text, value

    def next_sign(self, pattern: re.Pattern[bytes]) -> int:
        """Return the next byte that ends `pattern`, and go behind it."""
        while True:
            found = pattern.match(self._data, self._place)
            assert found is not None
            end = found.end()
            # A string that does not end in what has been read is not matched at all.
            if end == len(self._data) or (end == self._place and self._data[end] == _QUOTE):
                self._place = end
                if not self._read():
                    raise ArrayBrokenError("the array is not closed")
                continue
            self._place = end
            if self._data[end] != _QUOTE:
                self._place += 1
                return self._data[end]

    def element(self) -> bytes:
        """Return what stands before the sign that was found last, and go on behind it."""
        element = self._data[self._start : self._place - 1]
        self._start = self._place
        return element

    def finish(self) -> None:
        """Make sure that nothing follows."""
        while not (rest := self._data[self._place :].strip()):
            self._place = self._start = len(self._data)
            if not self._read():
                return
        raise ArrayBrokenError(
            f"something follows the array: {rest[:30].decode('utf-8', 'replace')!r}"
        )

    def _read(self) -> bool:
        waiting = len(self._data) - self._start
        if waiting > MAX_TEXT:
            raise ArrayBrokenError(f"an element has more than {MAX_TEXT >> 20} MiB")
        # As much again for a long element, so that it is not searched many times; what a pipe
        # has for a short one, so that it need not wait.
        data = self._stream.read1(_CHUNK) if waiting < _CHUNK else self._stream.read(waiting)
        self._data = self._data[self._start :] + data
        self._place -= self._start
        self._start = 0
        return bool(data)
