"""Response heads of the usual shape, read by table.

A server's heads differ in a line or two, so a line is taken apart once and
looked up from then on. Whatever is not the plain form of RFC 9112 raises
`UnusualHead`: it is for the careful parser to judge. Knows bytes only.
"""

from __future__ import annotations

import re

__all__ = ["HeaderLines", "StatusLines", "UnusualHead"]

_STATUS = re.compile(rb"HTTP/1\.1 ([2-5][0-9][0-9])(?: [\t\x20-\x7e]*)?\Z")
_LINE = re.compile(
    rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*((?:[\x21-\x7e]+(?:[ \t]+[\x21-\x7e]+)*)?)[ \t]*\Z"
)
_LENGTH = re.compile(r"[0-9]{1,15}\Z")
# Names that change how a message is framed or a connection is kept.
_REFUSED = frozenset({"transfer-encoding", "content-encoding", "upgrade", "trailer"})
# Lines with an id or a time are new every time; the table starts afresh when they have filled it.
_MAX_LINES = 512


class UnusualHead(Exception):  # noqa: N818  a signal between two parsers, never shown
    """The head is not of the plain form."""


class StatusLines(dict[bytes, int]):
    """From a status line to its status."""

    def __missing__(self, line: bytes) -> int:
        match = _STATUS.match(line)
        if match is None:
            raise UnusualHead
        if len(self) >= _MAX_LINES:
            self.clear()
        status = self[line] = int(match[1])
        return status


class HeaderLines(dict[bytes, tuple[str, str]]):
    """From a header line to its name in lower case and its value."""

    def __missing__(self, line: bytes) -> tuple[str, str]:
        match = _LINE.match(line)
        if match is None:
            raise UnusualHead
        pair = (match[1].decode("ascii").lower(), match[2].decode("ascii"))
        if not _is_plain(*pair):
            raise UnusualHead
        if len(self) >= _MAX_LINES:
            self.clear()
        self[line] = pair
        return pair


def _is_plain(name: str, value: str) -> bool:
    if name == "connection":
        return value.lower() == "keep-alive"
    if name == "content-length":
        return _LENGTH.match(value) is not None
    return name not in _REFUSED
