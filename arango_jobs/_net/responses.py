"""The responses of one connection, in order.

Nearly all have one form: a head whose lines were seen before, and a length.
They are cut out of the stream by a search and read by table, several times
faster than by callbacks. Anything else goes to `CarefulReader`, up to the next
end of a response that is also the end of what was read. Knows no sockets.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from struct import iter_unpack

from arango_jobs._net.careful import CarefulReader, Outcome
from arango_jobs._net.exchange import Answered
from arango_jobs._net.heads import ID_ROOM, Alike, Common, HeadTable, UnusualHead
from arango_jobs.errors import ConnectionLostError, ResponseTooLargeError
from arango_jobs.operations import JOB_ID

__all__ = ["Outcome", "ResponseReader"]

_START = b"HTTP/1.1 "
_heads = HeadTable()


class ResponseReader:
    """Turns the bytes of a connection into responses.

    `is_head` of `feed` says that the one request under way is a HEAD.
    """

    __slots__ = ("_body", "_careful", "_max_body", "_max_head", "_need", "_partial", "_rest")

    def __init__(self, *, max_head: int, max_body: int) -> None:
        self._max_head = max_head
        self._max_body = max_body
        self._rest = b""
        self._partial: tuple[Common, str | None] | None = None
        self._need = 0
        self._body: list[bytes] = []
        self._careful: CarefulReader | None = None

    @property
    def is_between(self) -> bool:
        """Whether no response has begun that has not ended."""
        return not (self._rest or self._partial or self._careful)

    @property
    def is_last(self) -> bool:
        """Whether the server closes the connection after what was read."""
        return self._careful is not None and self._careful.is_last

    @property
    def is_announced(self) -> bool:
        """Whether the server said so, and nothing came behind it."""
        return self._careful is not None and self._careful.is_announced

    def feed(self, data: bytes, out: list[Outcome], *, is_head: bool = False) -> None:
        """Read `data` and append what is complete to `out`.

        Raises `TransportError` where the stream cannot be read on; what was
        complete before is in `out` all the same.
        """
        if self._careful is not None:
            self._feed_careful(data, out)
            return
        pos = self._fill_body(data, out) if self._partial is not None else 0
        if self._rest:
            data = self._rest + data
            self._rest = b""
        size = len(data)
        job_id: str | None
        while pos < size:
            timed = None
            if not is_head:
                pos = self._feed_alike(data, pos, out)
                if pos == size:
                    return
                timed = _heads.read_timed(data, pos)
            if timed is not None:
                (common, length), job_id, end = timed
            else:
                end = data.find(b"\r\n\r\n", pos)
                if end < 0:
                    self._keep(data[pos:], out, is_head)
                    return
                try:
                    found = None if is_head else _heads.read(data, pos, end)
                except UnusualHead:
                    found = None
                # Outside of any handler: the parser tells its errors by their context.
                if found is None:
                    self._careful = self._careful_reader(is_head=is_head)
                    self._feed_careful(data[pos:], out)
                    return
                (common, length), job_id = found
                end += 4
            if length > self._max_body:
                raise ResponseTooLargeError(
                    f"the answer announces {length} bytes, above {self._max_body}"
                )
            pos = end + length
            if pos > size:
                self._partial = (common, job_id)
                self._body = [data[end:]]
                self._need = pos - size
                return
            _add(out, common, data[end:pos], job_id)

    def at_eof(self, out: list[Outcome]) -> None:
        """Say that the connection has ended; `TransportError` where a response had begun."""
        if self._partial is not None:
            raise ConnectionLostError("the connection ended within a response")
        if self._rest:
            # Cut off, or something that could never have become a head.
            rest, self._rest = self._rest, b""
            self._careful = self._careful_reader(is_head=False)
            self._feed_careful(rest, out)
        if self._careful is not None:
            self._careful.at_eof(out)

    def _feed_alike(self, data: bytes, pos: int, out: list[Outcome]) -> int:
        """Read what is whole and has the same head as the last but for id and length.

        Most in a load have. Return where something else begins.
        """
        alike = _heads.last
        before, behind = alike.before, alike.behind
        size = len(data)
        bodies: list[bytes] = []
        job_ids: list[bytes] = []
        while data.startswith(before, pos):
            at = pos + len(before)
            stop = data.find(b"\r", at, at + ID_ROOM)
            if stop < 0:
                break
            if not data.startswith(behind, stop):
                other = alike.other(data, stop)
                if other is None:
                    break
                alike, behind = other, other.behind
            stride = stop - pos + len(behind) + alike.length
            if pos + stride > size or alike.length > self._max_body:
                break
            # Those that follow have most often as long an id and as long a body.
            count = (size - pos) // stride
            while count > 1 and not data.startswith(before, pos + (count - 1) * stride):
                count //= 2
            ids, texts = _cut(memoryview(data)[pos : pos + count * stride], alike, stop - at)
            if not ids:
                break
            job_ids += ids
            bodies += texts
            pos += len(ids) * stride
        if bodies:
            _heads.last = alike
            answered = _run(out, alike.common, has_ids=True)
            answered.bodies += bodies
            answered.job_ids += b" ".join(job_ids).decode("ascii").split(" ")
        return pos

    def _fill_body(self, data: bytes, out: list[Outcome]) -> int:
        """Add `data` to the body that has begun; return how much of it belongs there."""
        taken = min(self._need, len(data))
        self._body.append(data[:taken] if taken < len(data) else data)
        self._need -= taken
        if not self._need and self._partial is not None:
            (common, job_id), self._partial = self._partial, None
            _add(out, common, b"".join(self._body), job_id)
            self._body = []
        return taken

    def _keep(self, rest: bytes, out: list[Outcome], is_head: bool) -> None:
        """Keep the beginning of a head, unless it can be none of the usual form."""
        if len(rest) > self._max_head:
            raise ResponseTooLargeError(f"the head of the answer is above {self._max_head} bytes")
        if rest.startswith(_START[: len(rest)]) and b"\n\n" not in rest:
            self._rest = rest
            return
        self._careful = self._careful_reader(is_head=is_head)
        self._feed_careful(rest, out)

    def _careful_reader(self, *, is_head: bool) -> CarefulReader:
        return CarefulReader(is_head=is_head, max_head=self._max_head, max_body=self._max_body)

    def _feed_careful(self, data: bytes, out: list[Outcome]) -> None:
        assert self._careful is not None
        self._careful.feed(data, out)
        if self._careful.is_idle and not self._careful.is_last:
            self._careful = None


def _cut(data: memoryview, alike: Alike, id_size: int) -> tuple[Sequence[bytes], Sequence[bytes]]:
    """Return ids and bodies of the answers in `data`, up to the first that is not `alike`.

    All are as long as the first, which is.
    """
    before, behind, length = alike.before, alike.behind, alike.length
    layout = f"{len(before)}s{id_size}s{len(behind)}s{length}s"
    befores, ids, behinds, bodies = zip(*iter_unpack(layout, data), strict=True)
    count = len(ids)
    are_alike = befores.count(before) == behinds.count(behind) == count
    if are_alike and b"".join(ids).isdigit():
        return ids, bodies
    heads = zip(befores, behinds, ids, strict=True)
    good = takewhile(lambda head: head[:2] == (before, behind) and head[2].isdigit(), heads)
    count = sum(1 for _ in good)
    return ids[:count], bodies[:count]


def _run(out: list[Outcome], common: Common, *, has_ids: bool) -> Answered:
    """Return where the next answer with the head `common` is to be added."""
    last = out[-1] if out else None
    status, headers, is_sized = common
    if (
        isinstance(last, Answered)
        and last.common is headers
        and (last.job_ids[-1] is not None) == has_ids
    ):
        return last
    run = Answered(status, headers, is_sized=is_sized)
    out.append(run)
    return run


def _add(out: list[Outcome], common: Common, body: bytes, job_id: str | None) -> None:
    """Add an answer to `out`, to those before it if its head is the same but for id and length."""
    if job_id is None:
        job_id = common[1].get(JOB_ID)
    _run(out, common, has_ids=job_id is not None).add(body, job_id)
