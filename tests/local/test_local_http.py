"""HTTP on the wire: headers, order, malformed input (server-protocol.md §1.2, §8.2, §10.2)."""

from __future__ import annotations

import gzip
import logging
from collections.abc import Iterator

import orjson
import pytest
from local_sockets import AUTH, Wire

from arango_jobs.local import LocalServer


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    with LocalServer(max_body=1 << 20) as server, Wire(server) as wire:
        wire.ask("POST", "/_api/collection", b'{"name":"c"}')
        yield server


@pytest.fixture
def wire(server) -> Iterator[Wire]:
    with Wire(server) as wire:
        yield wire


def test_headers_of_an_accepted_job(wire):
    """The set that the real server sends, names capitalised."""
    answer = wire.ask("POST", "/_api/document/c", b"{}", b"x-arango-async: store\r\n")
    assert answer.status == 202
    assert answer.body == b""
    assert set(answer.headers) == {
        "Content-Type",
        "Content-Length",
        "Connection",
        "Server",
        "X-Arango-Async-Id",
        "X-Arango-Queue-Time-Seconds",
        "X-Content-Type-Options",
        "Cache-Control",
        "Content-Security-Policy",
        "Expires",
        "Pragma",
        "Strict-Transport-Security",
    }
    assert answer.headers["Content-Length"] == "0"
    assert answer.headers["Connection"] == "Keep-Alive"
    assert answer.headers["X-Arango-Queue-Time-Seconds"].count(".") == 1


def test_204_and_304_and_head_have_no_body(wire):
    """No content-length for 204; a HEAD tells the length only."""
    wire.ask("POST", "/_api/document/c", b'{"_key":"h"}')
    answer = wire.ask("POST", "/_api/cursor", b'{"query":"RETURN SLEEP(9)"}',
                      b"x-arango-async: store\r\n")  # fmt: skip
    job = answer.headers["X-Arango-Async-Id"]
    pending = wire.ask("GET", f"/_api/job/{job}")
    assert (pending.status, "Content-Length" in pending.headers) == (204, False)
    wire.ask("PUT", f"/_api/job/{job}/cancel")
    wire.socket.sendall(b"HEAD /_api/document/c/h HTTP/1.1\r\n" + AUTH + b"\r\n")
    wire.send("GET", "/_api/version")
    data = b""
    while b'"server"' not in data:
        data += wire.socket.recv(65536)
    head, _, rest = data.partition(b"\r\n\r\n")
    assert b"Content-Length: 0" not in head
    assert rest.startswith(b"HTTP/1.1 200 OK")


def test_pipelined_requests_are_answered_in_order(wire):
    """Slow before quick: the answers keep the order of the requests."""
    wire.send("POST", "/_api/cursor", b'{"query":"RETURN SLEEP(0.05)"}')
    for number in range(50):
        wire.send("POST", "/_admin/echo", str(number).encode())
    answers = wire.read(51)
    assert answers[0].status == 201
    assert [orjson.loads(a.body)["requestBody"] for a in answers[1:]] == [
        str(number) for number in range(50)
    ]


def test_thousands_of_pipelined_submissions(wire):
    """More than are held in memory at once; none is lost."""
    count = 3000
    request = (
        b"POST /_api/document/c HTTP/1.1\r\nContent-Length: 2\r\nx-arango-async: true\r\n"
        + AUTH
        + b"\r\n{}"
    )
    wire.socket.settimeout(20)
    for _ in range(10):
        wire.socket.sendall(request * (count // 10))
        assert [a.status for a in wire.read(count // 10)] == [202] * (count // 10)


@pytest.mark.parametrize("version", [b"1.0", b"1.1"])
def test_connection_close_is_obeyed(wire, version):
    """HTTP/1.0, or Connection: close, ends the connection."""
    close = b"Connection: close\r\n" if version == b"1.1" else b""
    data = wire.raw(b"GET /_api/version HTTP/" + version + b"\r\n" + AUTH + close + b"\r\n")
    assert data.startswith(b"HTTP/1.1 200 OK")
    assert b"Connection: Close" in data


def status_and_error(data: bytes) -> tuple[int, int]:
    head, _, body = data.partition(b"\r\n\r\n")
    document = orjson.loads(body)
    assert document["error"] is True
    assert document["code"] == int(head.split()[1])
    return document["code"], document["errorNum"]


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"\x00\x01\x02\x03\r\n\r\n", 400),
        (b"GET / HTTP/9.9\r\n\r\n", 400),
        (b"GET /x HTTP/1.1\r\nbad header\r\n\r\n", 400),
        (b"GET /x HTTP/1.1\r\nContent-Length: abc\r\n\r\n", 400),
        (b"GET /x HTTP/1.1\r\nContent-Length: -5\r\n\r\n", 400),
        (b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"GET /x HTTP/1.1\r\na: " + b"x" * (1 << 20) + b"\r\n\r\n", 431),
        (b"GET /x HTTP/1.1\r\n" + b"a: b\r\n" * 600_000 + b"\r\n", 431),
        (b"POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", 501),
    ],
)
def test_malformed_http(wire, data, status):
    """An ArangoDB error body and the end of the connection, never silence."""
    try:
        answer = wire.raw(data)
    except (BrokenPipeError, ConnectionResetError):
        pytest.fail("the connection ended before the answer was read")
    assert status_and_error(answer)[0] == status


def test_offers_to_upgrade_are_declined(wire):
    """The request is answered over HTTP/1.1, and the connection goes on."""
    upgrade = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
    for _ in range(2):
        assert wire.ask("GET", "/_api/version", b"", upgrade).status == 200
    assert wire.ask("GET", "/_api/version").status == 200


def test_answers_before_a_malformed_request_come_first(wire):
    """Good requests of the same packet are answered."""
    good = b"GET /_api/version HTTP/1.1\r\n" + AUTH + b"\r\n"
    data = wire.raw(good + b"nonsense\r\n\r\n")
    assert data.startswith(b"HTTP/1.1 200 OK")
    assert b"HTTP/1.1 400 Bad Request" in data


def test_too_large_bodies(wire):
    """413 with an empty body, before the body is read."""
    data = wire.raw(b"POST /x HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n")
    head, _, body = data.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 413")
    assert body == b""


def test_expect_continue(wire):
    """100 Continue, then the answer."""
    head = b"POST /_admin/echo HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n"
    wire.socket.sendall(head + AUTH + b"\r\n")
    assert wire.socket.recv(100).startswith(b"HTTP/1.1 100 Continue")
    wire.socket.sendall(b"hi")
    assert b"HTTP/1.1 200 OK" in wire.socket.recv(65536)


def test_request_in_single_bytes(wire):
    """The parser takes what it gets."""
    for byte in b"GET /_api/version HTTP/1.1\r\n" + AUTH + b"\r\n":
        wire.socket.sendall(bytes([byte]))
    assert wire.read()[0].status == 200


def test_gzip_body(wire):
    """Decoded before the handler sees it."""
    body = gzip.compress(b'{"_key":"zipped"}')
    answer = wire.ask("POST", "/_api/document/c", body, b"Content-Encoding: gzip\r\n")
    assert answer.status == 202


def test_client_that_leaves_early_is_no_error(server, caplog):
    """The work goes on; nothing is logged; the server lives."""
    with caplog.at_level(logging.WARNING), Wire(server) as wire:
        wire.send("POST", "/_api/cursor", b'{"query":"RETURN SLEEP(0.01)"}')
    with Wire(server) as wire:
        assert wire.ask("POST", "/_api/cursor", b'{"query":"RETURN SLEEP(0.03)"}').status == 201
    assert caplog.records == []
