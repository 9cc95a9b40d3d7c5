"""Response heads of the usual shape, read by table.

A server's heads differ in a line or two. A job's id is cut out, and so are the queue time and
the length; the rest of the head, or each of its lines, is taken apart once and looked up from
then on.
Whatever is not the plain form of RFC 9112 raises `UnusualHead`: it is for the
careful parser to judge. Knows bytes only.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from arango_jobs.operations import CONTENT_LENGTH, JOB_ID

__all__ = [
    "ID_ROOM",
    "Alike",
    "Common",
    "Head",
    "HeadTable",
    "HeaderLines",
    "StatusLines",
    "UnusualHead",
]

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
_LENGTH_LINE = re.compile(rb"(\r\ncontent-length:[ \t]*)([0-9]+)", re.IGNORECASE)
_LENGTH_ROOM = 16
_DECIMAL = re.compile(rb"[0-9]{1,15}(?:\.[0-9]{1,15})?\Z")
_NO_BODY = frozenset({204, 304})

Common = tuple[int, dict[str, str], bool]
"""Status; headers but for the length, shared by all that are alike: not to be changed; whether
the head tells the length."""
Head = tuple[Common, int]
"""What a head has in common with others, and the length of the body."""


class Alike(NamedTuple):
    """A head with an id, which others have but for the id and the length."""

    before: bytes
    """What stands before the id."""
    behind: bytes
    """All that stands behind it."""
    to_length: bytes
    """What stands behind it up to the length; nothing where there is none, or before it."""
    rest: bytes
    """What stands behind the length."""
    common: Common
    length: int

    def other(self, data: bytes, at: int) -> Alike | None:
        """Return what stands in `data` from `at` on, if it differs from it in the length alone."""
        if not self.to_length or not data.startswith(self.to_length, at):
            return None
        start = at + len(self.to_length)
        stop = data.find(b"\r", start, start + _LENGTH_ROOM)
        digits = data[start:stop]
        if stop < 0 or not digits.isdigit() or not data.startswith(self.rest, stop):
            return None
        if digits != b"%d" % int(digits):
            return None
        behind = data[at : stop + len(self.rest)]
        return self._replace(behind=behind, length=int(digits))


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

    __slots__ = (
        "_alike", "_commons", "_known", "_last_timed", "_lines", "_statuses", "last",
    )  # fmt: skip

    def __init__(self) -> None:
        self._statuses = StatusLines()
        self._lines = HeaderLines()
        self._forget()

    def _forget(self) -> None:
        """Know no heads, all at once: what two of them have in common must be one object."""
        self._known: dict[bytes, Head] = {}
        self.last = Alike(b"\n", b"", b"", b"", (0, {}, False), 0)
        """The last head with an id; at first none."""
        self._alike: dict[tuple[int, bytes], Alike] = {}
        self._commons: dict[tuple[Any, ...], Common] = {}
        self._last_timed = (b"\n", b"", b"", True, (self.last.common, 0))
        """The last one that has a queue time, too: what stands before, between and behind the
        two, whether the id comes first, and what it says but for the time."""

    def read_timed(self, data: bytes, start: int) -> tuple[Head, str, int] | None:
        """Read a head that is the last one with a queue time, but for that and the id.

        Return also where it ends, its blank line included; `None` where it is another one.
        """
        before, between, behind, is_id_first, head = self._last_timed
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
        # Where there is no time to tell, the next heads are likely to be the same as this one.
        if not job_id.isdigit() or not _DECIMAL.match(time) or time == _NO_TIME:
            return None
        return _with_time(head, time), job_id.decode("ascii"), stop + len(behind)

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
        known = self._known.get(head) or self._learn(head)
        if not job_id.isdigit() or JOB_ID in known[0][1]:
            raise UnusualHead
        self._keep_last(data, start, at + _ID_AT, stop, end + 4, known)
        return known, job_id.decode("ascii")

    def _keep_last(self, data: bytes, start: int, at: int, stop: int, end: int, head: Head) -> None:
        """Keep the head from `start` to `end`, whose id is from `at` to `stop`, for the next."""
        time = data.find(_TIME_LINE, start, end)
        if time < 0 or data.startswith(_NO_TIME, time + len(_TIME_LINE)):
            key = (at - start, data[start:at] + data[stop:end])
            self.last = self._alike.get(key) or self._keep_alike(key, head)
            return
        time += len(_TIME_LINE)
        told = data.find(b"\r", time)
        first, second = ((at, stop), (time, told)) if at < time else ((time, told), (at, stop))
        self._last_timed = (
            data[start : first[0]], data[first[1] : second[0]], data[second[1] : end],
            at < time, head,
        )  # fmt: skip

    def _keep_alike(self, key: tuple[int, bytes], head: Head) -> Alike:
        """Keep a head for the next that are alike: `key` is where its id was cut out of what."""
        before, behind = key[1][: key[0]], key[1][key[0] :]
        to_length = rest = b""
        found = _LENGTH_LINE.search(behind)
        if found is not None and head[0][0] not in _NO_BODY:
            to_length, rest = behind[: found.end(1)], behind[found.end(2) :]
        alike = self._alike[key] = Alike(before, behind, to_length, rest, *head)
        return alike

    def _learn(self, head: bytes) -> Head:
        if len(self._known) >= _MAX_HEADS:
            self._forget()
        at = head.find(_TIME_LINE)
        if at < 0:
            return self._taken_apart(head)
        # A time that is new in each head would fill the table with heads that never come again.
        stop = head.find(b"\r\n", at + 2)
        stop = stop if stop >= 0 else len(head)
        time = head[at + len(_TIME_LINE) : stop]
        rest = head[:at] + head[stop:]
        without = self._known.get(rest) or self._taken_apart(rest)
        if not _DECIMAL.match(time) or _TIME in without[0][1]:
            raise UnusualHead
        common, length = _with_time(without, time)
        if time != _NO_TIME:
            return common, length
        return self._keep(head, common, length)

    def _taken_apart(self, head: bytes) -> Head:
        lines = head.split(b"\r\n")
        status = self._statuses[lines[0]]
        del lines[0]
        headers = dict(map(self._lines.__getitem__, lines))
        if len(headers) != len(lines):
            raise UnusualHead
        length = _length(status, headers)
        is_sized = headers.pop(CONTENT_LENGTH, None) is not None
        return self._keep(head, (status, headers, is_sized), length)

    def _keep(self, head: bytes, common: Common, length: int) -> Head:
        status, headers, is_sized = common
        # One object for all heads that differ in the length alone.
        common = self._commons.setdefault((status, is_sized, *headers.items()), common)
        known = self._known[head] = (common, length)
        return known


def _with_time(head: Head, time: bytes) -> Head:
    (status, headers, is_sized), length = head
    return (status, {**headers, _TIME: time.decode("ascii")}, is_sized), length


def _length(status: int, headers: dict[str, str]) -> int:
    text = headers.get(CONTENT_LENGTH)
    if text is None:
        if status in _NO_BODY:
            return 0
        raise UnusualHead
    length = int(text)
    if (length and status in _NO_BODY) or text != str(length):
        raise UnusualHead
    return length


def _is_plain(name: str, value: str) -> bool:
    if name == "connection":
        return value.lower() == "keep-alive"
    if name == CONTENT_LENGTH:
        return _LENGTH.match(value) is not None
    return name not in _REFUSED
