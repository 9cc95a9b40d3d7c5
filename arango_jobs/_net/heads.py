"""Response heads of the usual shape, read by table.

A server's heads differ in a line or two. A job's id is cut out; the rest of the
head, or each of its lines, is taken apart once and looked up from then on.
Whatever is not the plain form of RFC 9112 raises `UnusualHead`: it is for the
careful parser to judge. Knows bytes only.
"""

from __future__ import annotations

import re

__all__ = ["HeadTable", "HeaderLines", "StatusLines", "UnusualHead"]

_STATUS = re.compile(rb"HTTP/1\.1 ([2-5][0-9][0-9])(?: [\t\x20-\x7e]*)?\Z")
_LINE = re.compile(
    rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*((?:[\x21-\x7e]+(?:[ \t]+[\x21-\x7e]+)*)?)[ \t]*\Z"
)
_LENGTH = re.compile(r"[0-9]{1,15}\Z")
# Names that change how a message is framed or a connection is kept.
_REFUSED = frozenset({"transfer-encoding", "content-encoding", "upgrade", "trailer"})
# Lines with an id or a time are new every time; the table starts afresh when they have filled it.
_MAX_LINES = 512
_MAX_HEADS = 256
# As ArangoDB writes it; written another way it is a line like any other.
_ID_LINE = b"\r\nX-Arango-Async-Id: "
_ID = "x-arango-async-id"
# A time that is new in each head would fill the table with heads that never come again.
_CHANGING = b"\r\nX-Arango-Queue-Time-Seconds: "
_CHANGELESS = _CHANGING + b"0.000000\r\n"


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


class HeadTable:
    """From a head to its status and headers."""

    __slots__ = ("_known", "_lines", "_statuses")

    def __init__(self) -> None:
        self._known: dict[bytes, tuple[int, dict[str, str]]] = {}
        self._statuses = StatusLines()
        self._lines = HeaderLines()

    def read(self, data: bytes, start: int, end: int) -> tuple[int, dict[str, str]]:
        """Return status and headers of the head in `data` from `start` to its blank line at `end`.

        Raises `UnusualHead`.
        """
        at = data.find(_ID_LINE, start, end)
        if at < 0:
            head = data[start:end]
            return self._known.get(head) or self._learn(head)
        stop = data.find(b"\r\n", at + 2, end + 2)
        job_id = data[at + len(_ID_LINE) : stop]
        head = data[start:at] + data[stop:end]
        status, common = self._known.get(head) or self._learn(head)
        if not job_id.isdigit() or _ID in common:
            raise UnusualHead
        headers = common.copy()
        headers[_ID] = job_id.decode("ascii")
        return status, headers

    def _learn(self, head: bytes) -> tuple[int, dict[str, str]]:
        lines = head.split(b"\r\n")
        status = self._statuses[lines[0]]
        del lines[0]
        headers = dict(map(self._lines.__getitem__, lines))
        if len(headers) != len(lines):
            raise UnusualHead
        known = (status, headers)
        if _CHANGELESS in head or _CHANGING not in head:
            if len(self._known) >= _MAX_HEADS:
                self._known.clear()
            self._known[head] = known
        return known


def _is_plain(name: str, value: str) -> bool:
    if name == "connection":
        return value.lower() == "keep-alive"
    if name == "content-length":
        return _LENGTH.match(value) is not None
    return name not in _REFUSED
