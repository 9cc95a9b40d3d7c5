"""Reading responses: any split of the bytes gives the same, fast or careful."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arango_jobs._net.careful import CarefulReader
from arango_jobs._net.exchange import Answered
from arango_jobs._net.responses import Outcome, ResponseReader
from arango_jobs.errors import (
    ConnectionLostError,
    NotHTTPError,
    ResponseTooLargeError,
    TransportError,
)
from arango_jobs.operations import Response

HEAD_LIMIT = 1 << 16
BODY_LIMIT = 1 << 16
SERVER = (
    b"HTTP/1.1 202 Accepted\r\nX-Arango-Async-Id: %d\r\nX-Arango-Queue-Time-Seconds: 0.000000\r\n"
    b"Expires: 0\r\nServer: ArangoDB\r\nConnection: Keep-Alive\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\nContent-Length: 0\r\n\r\n"
)


def answers(out: list[Outcome]) -> list[Response | TransportError]:
    """Return what was read, one by one."""
    found: list[Response | TransportError] = []
    for outcome in out:
        if isinstance(outcome, Answered):
            found.extend(outcome.response(index) for index in range(len(outcome.bodies)))
        else:
            found.append(outcome)
    return found


def plain(out: list[Outcome]) -> list[tuple[object, ...]]:
    return [
        (one.status, one.headers, one.body) if isinstance(one, Response) else (type(one), str(one))
        for one in answers(out)
    ]


def careful(*, is_head: bool = False) -> CarefulReader:
    return CarefulReader(is_head=is_head, max_head=HEAD_LIMIT, max_body=BODY_LIMIT)


def fast() -> ResponseReader:
    return ResponseReader(max_head=HEAD_LIMIT, max_body=BODY_LIMIT)


def read(reader: ResponseReader | CarefulReader, pieces: list[bytes]) -> list[tuple[object, ...]]:
    """Feed `pieces` and the end of the connection; an error is the last outcome."""
    out: list[Outcome] = []
    try:
        for piece in pieces:
            if not reader.is_last:
                reader.feed(piece, out)
        if not reader.is_last:
            reader.at_eof(out)
    except TransportError as error:
        return [*plain(out), (type(error),)]
    return plain(out)


def one(data: bytes, *, is_head: bool = False) -> Response:
    out: list[Outcome] = []
    fast_reader = fast()
    fast_reader.feed(data, out, is_head=is_head)
    (outcome,) = answers(out)
    assert isinstance(outcome, Response)
    return outcome


token = st.text("abcdefghijklmnopqrstuvwxyzABCXYZ-_0123456789", min_size=1, max_size=12)
value = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f"))
status = st.sampled_from(
    ["200 OK", "202 Accepted", "204 No Content", "404 Not Found", "304 X", "500"]
)
bodies = st.binary(max_size=40)
FRAMING = ("content-length", "transfer-encoding", "connection", "upgrade", "content-encoding")
headers = st.lists(
    st.tuples(token.filter(lambda name: name.lower() not in FRAMING), value), max_size=4
)

ids = st.builds(
    "{}: {}\r\n".format,
    st.sampled_from(
        [
            "X-Arango-Async-Id",
            "x-arango-async-id",
            "X-Arango-Queue-Time-Seconds",
            "X-Arango-Async-Id ",
        ]
    ),
    st.sampled_from(
        ["1", "74091", "0.000000", "", " 5 ", "-1", "a", "1\t", "1;2", "\xe4", "1.", "1 2"]
    ),
)


def rendered(lines: list[tuple[str, str]]) -> bytes:
    return "".join(f"{name}: {text}\r\n" for name, text in lines).encode("latin-1")


@st.composite
def message(draw: st.DrawFn) -> bytes:
    """Draw one response in one of the forms that a server may give it."""
    form = draw(st.sampled_from(["length", "length", "length", "chunked", "interim", "gzip"]))
    first = draw(status)
    lines = rendered(draw(headers))
    for line in draw(st.lists(ids, max_size=2)):
        lines = draw(
            st.sampled_from([lines + line.encode("latin-1"), line.encode("latin-1") + lines])
        )
    body = draw(bodies)
    if form == "interim":
        return b"HTTP/1.1 103 Early Hints\r\n%b\r\n" % lines
    start = b"HTTP/1.1 %b\r\n%b" % (first.encode(), lines)
    if first[:3] in ("204", "304"):
        return start + draw(st.sampled_from([b"\r\n", b"Content-Length: 0\r\n\r\n"]))
    if form == "chunked":
        chunks = b"".join(b"%x\r\n%b\r\n" % (len(body), body) for _ in range(1) if body)
        return start + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n"
    if form == "gzip":
        body = gzip.compress(body)
        start += b"Content-Encoding: gzip\r\n"
    name = draw(st.sampled_from([b"Content-Length:", b"content-length: ", b"Content-Length:  "]))
    return start + b"%b%d\r\n\r\n%b" % (name, len(body), body)


@st.composite
def split(draw: st.DrawFn, data: bytes) -> list[bytes]:
    cuts = sorted(draw(st.lists(st.integers(0, len(data)), max_size=8)))
    return [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True) if a < b]


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_fast_equals_careful(data: st.DataObject) -> None:
    """The table and the search give exactly what llhttp gives, however the bytes are cut."""
    stream = b"".join(data.draw(st.lists(message(), max_size=5)))
    expected = read(careful(), [stream])
    assert read(fast(), data.draw(split(stream))) == expected
    assert read(careful(), data.draw(split(stream))) == expected


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_fast_equals_careful_on_damage(data: st.DataObject) -> None:
    """A damaged stream: what is read of it, and whether it is refused, are the same."""
    stream = bytearray(b"".join(data.draw(st.lists(message(), min_size=1, max_size=3))))
    for _ in range(data.draw(st.integers(1, 3))):
        position = data.draw(st.integers(0, len(stream) - 1))
        stream[position] = data.draw(st.sampled_from(b"\r\n :\0aA0\x80"))
    expected = read(careful(), [bytes(stream)])
    assert read(fast(), [bytes(stream)]) == expected


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_server_heads(data: st.DataObject) -> None:
    """Answers of the usual kind: ids in order, however the bytes are cut."""
    stream = b"".join(SERVER % number for number in range(20))
    found = read(fast(), data.draw(split(stream)))
    assert [headers["x-arango-async-id"] for _, headers, _ in found] == [  # type: ignore[index, misc]
        str(number) for number in range(20)
    ]


job_ids = st.one_of(
    st.integers(0, 2**64).map(str), st.sampled_from(["", "1x", " 5", "-1", "1" * 40])
)
times = st.one_of(
    st.integers(0, 10**9).map(lambda micros: f"{micros / 1e6:.6f}"),
    st.sampled_from(["0", "1", "2", "", "1e3", ".5", "1.", "x", "0.5 "]),
)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_heads_that_are_alike(data: st.DataObject) -> None:
    """Heads that differ in id and queue time only are read as llhttp reads them, too."""
    stream = b""
    is_id_first = data.draw(st.booleans())
    for _ in range(data.draw(st.integers(2, 8))):
        lines = [
            f"X-Arango-Async-Id: {data.draw(job_ids)}\r\n",
            f"X-Arango-Queue-Time-Seconds: {data.draw(times)}\r\n",
        ]
        if not is_id_first:
            lines.reverse()
        body = data.draw(st.sampled_from([b"", b"{}", b"\r\n\r\n"]))
        head = f"HTTP/1.1 200 OK\r\nServer: A\r\n{''.join(lines)}Content-Length: {len(body)}\r\n"
        stream += head.encode() + b"Etag: x\r\n\r\n" + body
    expected = read(careful(), [stream])
    assert read(fast(), data.draw(split(stream))) == expected


def test_queue_times() -> None:
    """A queue time that is new in each head is read, and leaves the others' alone."""
    heads = [(SERVER % number).replace(b"0.000000", b"0.%06d" % number) for number in range(600)]
    reader = fast()
    found: list[Outcome] = []
    reader.feed(b"".join(heads), found)
    assert [
        (one.job_id, one.headers["x-arango-queue-time-seconds"])
        for one in answers(found)
        if isinstance(one, Response)
    ] == [(str(number), f"0.{number:06d}") for number in range(600)]
    assert reader.is_between


def test_usual_head_needs_no_parser() -> None:
    """The server's own form is read by table: the careful reader is never made."""
    reader = fast()
    reader.feed(SERVER % 1, [])
    assert reader.is_between


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/2 200 OK\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
        b"\x16\x03\x01\x02\x00",
        b"<html>no</html>",
        b"HTTP/1.1 200 OK\nContent-Length: 0\n\n",
    ],
)
def test_not_http(data: bytes) -> None:
    """What RFC 9112 forbids is refused, never guessed at."""
    with pytest.raises(NotHTTPError):
        fast().feed(data, [])


def test_refusal_shows_no_document() -> None:
    """Only what stands where a status line should be is shown, in a repr."""
    with pytest.raises(NotHTTPError) as caught:
        fast().feed(b"EVIL\x1b[31m" + b"secret" * 20, [])
    assert r"EVIL\x1b[31m" in str(caught.value)
    assert len(str(caught.value)) < 120
    reader = fast()
    reader.feed(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", [])
    with pytest.raises(NotHTTPError) as caught:
        reader.feed(b"secret", [])
    assert "secret" not in str(caught.value)


def test_head_request() -> None:
    """The answer to HEAD has no body, whatever length it names."""
    response = one(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\nEtag: x\r\n\r\n", is_head=True)
    assert (response.body, response.headers["content-length"]) == (b"", "99")


def test_interim_answers_are_let_go() -> None:
    """100 and 103 are no answers."""
    data = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
    assert one(data + b"HTTP/1.1 201 Created\r\nContent-Length: 1\r\n\r\nx").status == 201


def test_body_up_to_the_end() -> None:
    """Without length and chunks the body ends with the connection."""
    reader = fast()
    out: list[Outcome] = []
    reader.feed(b"HTTP/1.1 200 OK\r\n\r\nab", out)
    reader.feed(b"cd", out)
    assert out == []
    reader.at_eof(out)
    assert plain(out)[0] == (200, {}, b"abcd")
    assert reader.is_last


@pytest.mark.parametrize(
    ("head", "ends"),
    [
        (b"HTTP/1.0 200 OK\r\n", True),
        (b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n", False),
        (b"HTTP/1.1 200 OK\r\n", False),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\n", True),
        (b"HTTP/1.1 200 OK\r\nConnection: Keep-Alive\r\n", False),
    ],
)
def test_end_of_connection(head: bytes, ends: bool) -> None:
    """The version and the Connection header say whether another answer may come."""
    for is_head in (False, True):
        reader = fast()
        out: list[Outcome] = []
        body = b"" if is_head else b"x"
        reader.feed(head + b"Content-Length: 1\r\n\r\n" + body, out, is_head=is_head)
        assert (len(out), reader.is_last) == (1, ends)


@pytest.mark.parametrize(
    ("coding", "packed"),
    [
        (b"gzip", gzip.compress(b"body")),
        (b"gzip", gzip.compress(b"bo") + gzip.compress(b"dy")),
        (b"x-gzip", gzip.compress(b"body")),
        (b"deflate", zlib.compress(b"body")),
        (b"deflate", zlib.compress(b"body")[2:-4]),
        (b"deflate, gzip", gzip.compress(zlib.compress(b"body"))),
        (b"identity", b"body"),
        (b"x-arango-lz4", b"body"),
    ],
)
def test_codings(coding: bytes, packed: bytes) -> None:
    """Bodies come out as they were; a coding that is not known is left."""
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: %b\r\nContent-Length: %d\r\n\r\n"
    assert one(head % (coding, len(packed)) + packed).body == b"body"


@pytest.mark.parametrize(
    ("packed", "error"),
    [
        (gzip.compress(b"\0" * (BODY_LIMIT + 1)), ResponseTooLargeError),
        (gzip.compress(b"\0" * BODY_LIMIT) + gzip.compress(b"\0"), ResponseTooLargeError),
        (gzip.compress(b"body")[:-1], NotHTTPError),
        (b"no gzip", NotHTTPError),
    ],
)
def test_spoilt_coding(packed: bytes, error: type[TransportError]) -> None:
    """A bomb or a broken body spoils its own answer, not the connection."""
    reader = fast()
    out: list[Outcome] = []
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n"
    reader.feed(head % len(packed) + packed + SERVER % 5, out)
    assert isinstance(out[0], error)
    assert isinstance(out[1], Answered)


def test_bomb_is_not_unpacked() -> None:
    """Memory stays near the limit, whatever a packed body would become."""
    packed = gzip.compress(b"\0" * (32 << 20))
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n"
    tracemalloc.start()
    out: list[Outcome] = []
    fast().feed(head % len(packed) + packed, out)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert isinstance(out[0], ResponseTooLargeError)
    assert peak < 1 << 20


@pytest.mark.parametrize("status", [b"204 No Content", b"304 Not Modified"])
def test_length_without_body(status: bytes) -> None:
    """204 and 304 have no body, whatever length they name (RFC 9112 §6.3)."""
    data = b"HTTP/1.1 %b\r\nContent-Length: 5\r\n\r\n" % status
    found = read(fast(), [data + SERVER % 1])
    assert [answer[0] for answer in found] == [int(status[:3]), 202]
    assert found[0][2] == b""


def test_body_at_the_limit_is_taken() -> None:
    """The limit itself is allowed, packed or not."""
    body = b"x" * BODY_LIMIT
    assert one(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)).body == body
    packed = gzip.compress(body)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n"
    assert one(head % len(packed) + packed).body == body


@pytest.mark.parametrize(
    "pieces",
    [
        [b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (BODY_LIMIT + 1)],
        [b"HTTP/1.1 200 OK\r\n\r\n", b"x" * (BODY_LIMIT + 1)],
        [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"fffff\r\n" + b"x" * 0xFFFFF],
        [b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * HEAD_LIMIT],
        [b"HTTP/1.0 200 OK\r\n", *[b"A: b\r\n" * 1000] * 30],
    ],
)
def test_too_large(pieces: list[bytes]) -> None:
    """Nothing is kept beyond the limits, announced or not, head or body."""
    assert read(fast(), pieces) == [(ResponseTooLargeError,)]


@pytest.mark.parametrize("data", [b"HT", b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab"])
def test_cut_off(data: bytes) -> None:
    """An answer that has begun and not ended is none."""
    reader = fast()
    reader.feed(data, [])
    with pytest.raises(ConnectionLostError):
        reader.at_eof([])


def test_repeated_header() -> None:
    """Values of a header that comes more than once become a list."""
    for name in (b"Via", b"X-Arango-Async-Id"):
        for again in (name, name.upper()):
            lines = b"%b: 1\r\n%b: 2\r\nContent-Length: 0\r\n\r\n" % (name, again)
            assert one(b"HTTP/1.1 200 OK\r\n" + lines).headers[name.decode().lower()] == "1, 2"


@pytest.mark.parametrize(
    "head", [b"HTTP/1.1 200 OK\r\nConnection: close\r\n", b"HTTP/1.0 200 OK\r\n"]
)
def test_last_answer_in_pieces(head: bytes) -> None:
    """An answer that ends the connection has to be complete before it does."""
    reader = fast()
    out: list[Outcome] = []
    for piece in (head + b"Content-Length: 2\r\n", b"\r\n", b"a"):
        reader.feed(piece, out)
        assert (out, reader.is_last) == ([], False)
    reader.feed(b"b", out)
    assert (plain(out)[0][2], reader.is_last) == (b"ab", True)


def test_answers_that_are_alike_come_together() -> None:
    """One with an id and one without do not, though their heads say the same otherwise."""
    without = SERVER.replace(b"X-Arango-Async-Id: %d\r\n", b"")
    out: list[Outcome] = []
    fast().feed(b"".join([SERVER % 1, SERVER % 2, without, without, SERVER % 3]), out)
    assert [one.job_ids for one in out if isinstance(one, Answered)] == [
        ["1", "2"],
        [None, None],
        ["3"],
    ]


lengths = st.sampled_from([b"0", b"1", b"3", b"3", b"12", b"03", b"", b"x", b" 2", b"-1", b"70000"])


@settings(max_examples=150, deadline=None)
@given(
    status=st.sampled_from([b"200 OK", b"202 Accepted", b"204 No Content"]),
    told=st.lists(lengths, max_size=6),
    data=st.data(),
)
def test_lengths(status: bytes, told: list[bytes], data: st.DataObject) -> None:
    """Heads that differ in the length are read without the parser, and come to the same."""
    head = (SERVER % 7).replace(b"202 Accepted", status)
    stream = head
    for length in told:
        size = int(length) if length.strip().isdigit() else 0
        stream += head.replace(b"Length: 0", b"Length: " + length) + b"x" * size
    assert read(fast(), data.draw(split(stream))) == read(careful(), [stream])


HEAD = (SERVER % 7).replace(b"Length: 0", b"Length: 500")
OTHERS = [(b"202", b"201"), (b"ArangoDB", b"Other-DB")]
answer_alike = st.builds(
    lambda head, job_id, body: (
        head.replace(b"500", b"%d" % len(body)).replace(b"7", job_id, 1) + body
    ),
    st.sampled_from([HEAD] * 5 + [HEAD.replace(*other) for other in OTHERS]),
    st.sampled_from([b"1", b"2", b"3", b"\xff", b"100", b"999", b"1 2", b""]),
    st.sampled_from([b"", b"{}", b"[]", b"123", HEAD, HEAD[:-1], HEAD[40:]]),
)


@settings(max_examples=300, deadline=None)
@given(parts=st.lists(answer_alike, max_size=12), data=st.data())
def test_answers_of_equal_size(parts: list[bytes], data: st.DataObject) -> None:
    """They are cut at equal distances only where each of them has the head; bodies may show it."""
    stream = SERVER % 7 + b"".join(parts)
    assert read(fast(), data.draw(split(stream))) == read(careful(), [stream])


def test_one_of_equal_size_has_another_status() -> None:
    statuses = [b"202", b"202", b"201", b"202", b"202"]
    stream = b"".join((SERVER % 7).replace(b"202", status) for status in statuses)
    assert [one[0] for one in read(fast(), [stream])] == list(map(int, statuses))


def test_lengths_do_not_part_answers() -> None:
    """However they differ, and though one ends in the next piece of the stream."""
    bodies = [b"", b"a", b"bcd", b"bcd", b"e" * 300, b"", b"f"]
    stream = b"".join(
        (SERVER % number).replace(b"Length: 0", b"Length: %d" % len(body)) + body
        for number, body in enumerate(bodies)
    )
    reader = fast()
    # A queue time that was told before changes nothing.
    reader.feed((SERVER % 1).replace(b"0.000000", b"0.000001"), [])
    out: list[Outcome] = []
    reader.feed(stream[:-200], out)
    reader.feed(stream[-200:], out)
    (run,) = out
    assert isinstance(run, Answered)
    assert (run.bodies, run.job_ids) == (bodies, [str(number) for number in range(7)])
    assert [one.headers["content-length"] for one in answers(out) if isinstance(one, Response)] == [
        str(len(body)) for body in bodies
    ]
