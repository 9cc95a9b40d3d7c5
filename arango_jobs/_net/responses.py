"""The responses of one connection, in order.

Nearly all have one form: a head whose lines were seen before, and a length.
They are cut out of the stream by a search and read by table, several times
faster than by callbacks. Anything else goes to `CarefulReader`, up to the next
end of a response that is also the end of what was read. Knows no sockets.
"""

from __future__ import annotations

from arango_jobs._net.careful import CarefulReader, Outcome
from arango_jobs._net.heads import ID_ROOM, HeadTable, UnusualHead
from arango_jobs.errors import ConnectionLostError, ResponseTooLargeError
from arango_jobs.json import loads
from arango_jobs.operations import Response

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
        self._partial: Response | None = None
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
                (status, headers, length), job_id, end = timed
            else:
                end = data.find(b"\r\n\r\n", pos)
                if end < 0:
                    self._keep(data[pos:], out, is_head)
                    return
                try:
                    if is_head:
                        raise UnusualHead
                    (status, headers, length), job_id = _heads.read(data, pos, end)
                except UnusualHead:
                    self._careful = self._careful_reader(is_head=is_head)
                    self._feed_careful(data[pos:], out)
                    return
                end += 4
            if length > self._max_body:
                raise ResponseTooLargeError(
                    f"the answer announces {length} bytes, above {self._max_body}"
                )
            pos = end + length
            response = Response(status, headers, data[end:pos], "", loads, job_id)
            if pos > size:
                self._partial = response
                self._body = [response.body]
                self._need = pos - size
                return
            out.append(response)

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
        """Read what is whole and has the same head as the last but for the id, as most in a load.

        Return where something else begins.
        """
        before, behind, (status, headers, length) = _heads.last
        if length > self._max_body:
            return pos
        size, to_id, to_body = len(data), len(before), len(behind)
        while data.startswith(before, pos):
            at = pos + to_id
            stop = data.find(b"\r", at, at + ID_ROOM)
            body = stop + to_body
            end = body + length
            if stop < 0 or end > size or not data.startswith(behind, stop):
                break
            job_id = data[at:stop]
            if not job_id.isdigit():
                break
            out.append(Response(status, headers, data[body:end], "", loads, job_id.decode("ascii")))
            pos = end
        return pos

    def _fill_body(self, data: bytes, out: list[Outcome]) -> int:
        """Add `data` to the body that has begun; return how much of it belongs there."""
        taken = min(self._need, len(data))
        self._body.append(data[:taken] if taken < len(data) else data)
        self._need -= taken
        if not self._need and self._partial is not None:
            response, self._partial = self._partial, None
            response.body = b"".join(self._body)
            out.append(response)
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
