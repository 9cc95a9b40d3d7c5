"""The texts of JSON lines, where one text may also reach over several lines.

A line that is no JSON is one bad row. If it opens an object or array, though, what follows
belongs to it, up to where it is closed: pretty-printed JSON. A line that is not indented and
begins a value where none can be ends this: a line before it was cut, or the text is broken.
"""

from __future__ import annotations

import io
import re
from collections import deque
from collections.abc import Iterator

import orjson

from arango_jobs.loader.json_text import MAX_TEXT

__all__ = ["JsonLines"]

_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"')
_BRACKET = re.compile(rb"[\[\]{}]")
_CLOSING = {b"[": b"]", b"{": b"}"}
# What may stand before a value in the middle of a text; what a value does not begin with.
_BEFORE_VALUE = b"[{,:"
_NO_VALUE = b" \t\r\n]},:"


class JsonLines:
    """The lines of a stream, each with its number, but for those without text."""

    def __init__(self, stream: io.BufferedReader) -> None:
        self._stream = stream
        self._line = 0
        self._again: deque[bytes] = deque()
        """Lines that were read to see whether they belong to one before."""

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        again, readline = self._again, self._stream.readline
        while data := again.popleft() if again else readline(MAX_TEXT):
            self._line += 1
            if len(data) == MAX_TEXT:
                self._leave_rest()
            text = data.strip()
            if text:
                yield self._line, text

    def _leave_rest(self) -> None:
        """Go to the end of a line that is too long; the part that was read is no JSON."""
        while data := self._stream.readline(MAX_TEXT):
            if data.endswith(b"\n"):
                return

    def with_what_follows(self, text: bytes) -> bytes:
        """Return `text`, the last line and no JSON, with the lines that belong to it."""
        brackets = _Brackets()
        brackets.take(text)
        if not brackets.opened:
            return text
        parts, taken, size = [text], list[bytes](), len(text)
        while brackets.opened and size <= MAX_TEXT and (data := self._next()):
            more = data.strip()
            begins_value = data[0] not in _NO_VALUE
            if begins_value and (
                parts[-1][-1] not in _BEFORE_VALUE or (brackets.are_broken and _is_whole(data))
            ):
                if not taken or taken[0][0] not in _NO_VALUE:
                    # A cut line among others.
                    self._again.extendleft(reversed([*taken, data]))
                    return text
                self._again.appendleft(data)
                break
            taken.append(data)
            if more:
                parts.append(more)
                size += len(more)
                brackets.take(more)
        self._line += len(taken)
        return b"\n".join(parts)

    def _next(self) -> bytes:
        return self._again.popleft() if self._again else self._stream.readline(MAX_TEXT)


class _Brackets:
    """Which brackets of a text are open."""

    def __init__(self) -> None:
        self.opened: list[bytes] = []
        self.are_broken = False
        """Whether they do not match, or a string does not end on its line."""

    def take(self, line: bytes) -> None:
        """Look at another line."""
        bare = _STRING.sub(b"", line)
        self.are_broken |= b'"' in bare
        for bracket in _BRACKET.findall(bare):
            if bracket in _CLOSING:
                self.opened.append(_CLOSING[bracket])
            elif not self.opened or bracket != self.opened.pop():
                self.are_broken = True


def _is_whole(line: bytes) -> bool:
    try:
        return isinstance(orjson.loads(line), dict)
    except ValueError:
        return False
