"""Response heads of the usual shape, read by table.

A server's heads differ in a line or two. A job's id is cut out, and so is the queue time;
the rest of the head, or each of its lines, is taken apart once and looked up from then on.
Whatever is not the plain form of RFC 9112 raises `UnusualHead`: it is for the
careful parser to judge. Knows bytes only.
"""

from __future__ import annotations

import re

from arango_jobs.operations import JOB_ID

__all__ = ["ID_ROOM", "Head", "HeadTable", "HeaderLines", "StatusLines", "UnusualHead"]

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
_ID_AT = len(_ID_LINE)
ID_ROOM = 32
"""Bytes in which an id ends; a longer one is none, and read more slowly."""
_TIME_LINE = b"\r\nX-Arango-Queue-Time-Seconds: "
_TIME = "x-arango-queue-time-seconds"
_NO_TIME = b"0.000000"
_DECIMAL = re.compile(rb"[0-9]{1,15}(?:\.[0-9]{1,15})?\Z")
_NO_BODY = frozenset({204, 304})

Head = tuple[int, dict[str, str], int]
"""Status, headers (shared by all that are alike: not to be changed), length of the body."""


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
    """From a head to what it says: status, headers, and the length of the body."""

    __slots__ = ("_known", "_last_timed", "_lines", "_statuses", "last")

    def __init__(self) -> None:
        self._known: dict[bytes, Head] = {}
        self._statuses = StatusLines()
        self._lines = HeaderLines()
        self.last: tuple[bytes, bytes, Head] = (b"\n", b"", (0, {}, 0))
        """The last head with an id: what stands before the id, and behind; at first none."""
        self._last_timed = (b"\n", b"", b"", True, self.last[2])
        """The last one that has a queue time, too: what stands before, between and behind the
        two, whether the id comes first, and what it says but for the time."""

    def read_timed(self, data: bytes, start: int) -> tuple[Head, str, int] | None:
        """Read a head that is the last one with a queue time, but for that and the id.

        Return also where it ends, its blank line included; `None` where it is another one.
        """
        before, between, behind, is_id_first, common = self._last_timed
        if not data.startswith(before, start):
            return None
        at = start + len(before)
        stop = data.find(b"\r", at, at + ID_ROOM)
        first = data[at:stop]
        if stop < 0 or not data.startswith(between, stop):
            return None
        at = stop + len(between)
        stop = data.find(b"\r", at, at + ID_ROOM)
        if stop < 0 or not data.startswith(behind, stop):
            return None
        job_id, time = (first, data[at:stop]) if is_id_first else (data[at:stop], first)
        if not job_id.isdigit() or not _DECIMAL.match(time):
            return None
        status, headers, length = common
        known = (status, {**headers, _TIME: time.decode("ascii")}, length)
        return known, job_id.decode("ascii"), stop + len(behind)

    def read(self, data: bytes, start: int, end: int) -> tuple[Head, str | None]:
        """Read the head in `data` from `start` to its blank line at `end`.

        Return what it has in common with others, and the id of a job where it names one.
        Raises `UnusualHead`.
        """
        at = data.find(_ID_LINE, start, end)
        if at < 0:
            head = data[start:end]
            return self._known.get(head) or self._learn(head), None
        stop = data.find(b"\r\n", at + 2, end + 2)
        job_id = data[at + _ID_AT : stop]
        head = data[start:at] + data[stop:end]
        common = self._known.get(head) or self._learn(head)
        if not job_id.isdigit() or JOB_ID in common[1]:
            raise UnusualHead
        self._keep_last(data, start, at + _ID_AT, stop, end + 4, common)
        return common, job_id.decode("ascii")

    def _keep_last(
        self, data: bytes, start: int, at: int, stop: int, end: int, common: Head
    ) -> None:
        """Keep the head from `start` to `end`, whose id is from `at` to `stop`, for the next."""
        time = data.find(_TIME_LINE, start, end)
        if time < 0 or data.startswith(_NO_TIME, time + len(_TIME_LINE)):
            self.last = (data[start:at], data[stop:end], common)
            return
        time += len(_TIME_LINE)
        told = data.find(b"\r", time)
        first, second = ((at, stop), (time, told)) if at < time else ((time, told), (at, stop))
        self._last_timed = (
            data[start : first[0]], data[first[1] : second[0]], data[second[1] : end],
            at < time, common,
        )  # fmt: skip

    def _learn(self, head: bytes) -> Head:
        at = head.find(_TIME_LINE)
        if at < 0:
            return self._keep(head, self._taken_apart(head))
        # A time that is new in each head would fill the table with heads that never come again.
        stop = head.find(b"\r\n", at + 2)
        stop = stop if stop >= 0 else len(head)
        time = head[at + len(_TIME_LINE) : stop]
        rest = head[:at] + head[stop:]
        status, headers, length = self._known.get(rest) or self._keep(rest, self._taken_apart(rest))
        if not _DECIMAL.match(time) or _TIME in headers:
            raise UnusualHead
        known = (status, {**headers, _TIME: time.decode("ascii")}, length)
        return self._keep(head, known) if time == _NO_TIME else known

    def _taken_apart(self, head: bytes) -> Head:
        lines = head.split(b"\r\n")
        status = self._statuses[lines[0]]
        del lines[0]
        headers = dict(map(self._lines.__getitem__, lines))
        if len(headers) != len(lines):
            raise UnusualHead
        return status, headers, _length(status, headers)

    def _keep(self, head: bytes, known: Head) -> Head:
        if len(self._known) >= _MAX_HEADS:
            self._known.clear()
        self._known[head] = known
        return known


def _length(status: int, headers: dict[str, str]) -> int:
    text = headers.get("content-length")
    if text is None:
        if status in _NO_BODY:
            return 0
        raise UnusualHead
    length = int(text)
    if length and status in _NO_BODY:
        raise UnusualHead
    return length


def _is_plain(name: str, value: str) -> bool:
    if name == "connection":
        return value.lower() == "keep-alive"
    if name == "content-length":
        return _LENGTH.match(value) is not None
    return name not in _REFUSED
