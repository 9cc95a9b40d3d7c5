"""Request heads: what is in them, and what is refused."""

from __future__ import annotations

import pytest

from arango_jobs._net.hosts import parse_host
from arango_jobs._net.render import RequestRenderer
from arango_jobs.errors import OptionError
from arango_jobs.operations import Headers, Request, Template

HOST = parse_host("http://db.example:8529")
HEADERS: Headers = (("X-Arango-Async", "store"),)


def render(renderer: RequestRenderer, request: Request) -> bytes:
    return renderer.render(request.template, size=len(request.body))


def lines(request: Request, defaults: Headers = ()) -> list[str]:
    head = render(RequestRenderer(HOST, defaults), request).decode("latin-1")
    assert head.endswith("\r\n\r\n")
    return head[:-4].split("\r\n")


def test_post() -> None:
    """Line, host, no compression asked for, the request's headers, the length."""
    assert lines(Request("POST", "/_db/a/_api/cursor?x=%20", HEADERS, b"{}")) == [
        "POST /_db/a/_api/cursor?x=%20 HTTP/1.1",
        "Host: db.example:8529",
        "Accept-Encoding: identity",
        "X-Arango-Async: store",
        "Content-Length: 2",
    ]


@pytest.mark.parametrize(("method", "has_length"), [("GET", False), ("PUT", True), ("HEAD", False)])
def test_length_of_nothing(method: str, has_length: bool) -> None:
    """No body: methods that usually have one say so (RFC 9110 §8.6)."""
    assert ("Content-Length: 0" in lines(Request(method, "/"))) is has_length


def test_own_headers_win() -> None:
    """A request's header replaces the default of the same name, in any case."""
    defaults = (("Authorization", "Basic x"), ("User-Agent", "a"), ("accept-encoding", "gzip"))
    found = lines(Request("GET", "/", (("authorization", "bearer y"),)), defaults)
    assert found[1:] == ["User-Agent: a", "accept-encoding: gzip", "Host: db.example:8529",
                         "authorization: bearer y"]  # fmt: skip


def test_prefix() -> None:
    """A path in the host's URL goes before every target."""
    renderer = RequestRenderer(parse_host("https://db.example/arango/"), ())
    assert render(renderer, Request("GET", "/_api")).startswith(b"GET /arango/_api HTTP/1.1\r\n")


def test_same_tuple_is_rendered_once() -> None:
    """The block is kept for the tuple itself; another one is looked at anew."""
    renderer = RequestRenderer(HOST, ())
    for number in range(1000):
        headers = (("X-Number", str(number)),)
        head = render(renderer, Request("GET", "/", headers))
        assert f"X-Number: {number}\r\n".encode() in head
        assert render(renderer, Request("GET", "/", headers)) == head


def test_leaf_follows_the_stem() -> None:
    """A request in two pieces is the same on the wire, each time and with any leaf."""
    renderer = RequestRenderer(parse_host("http://db.example:8529/arango"), ())
    template = Template("PUT", "/_api/job/", HEADERS)
    for leaf in ("1", "22", "333", ""):
        for body in (b"", b"{}"):
            parted = renderer.render(template, leaf, len(body))
            whole = RequestRenderer(parse_host("http://db.example:8529/arango"), ())
            assert parted == render(whole, template.request(leaf, body))


def test_what_came_before_is_used_for_the_same_alone() -> None:
    """Another method, or other headers, with the same stem make another head."""
    renderer = RequestRenderer(HOST, ())
    stem = "/_api/document/c"
    for _ in range(3):
        for method in ("POST", "GET", "PUT"):
            for headers in (HEADERS, (("X-Other", "1"),)):
                request = Request(method, stem, headers)
                assert render(renderer, request) == render(RequestRenderer(HOST, ()), request)


def test_what_came_before_does_not_grow_for_ever() -> None:
    """A load may have any number of templates and headers."""
    renderer = RequestRenderer(HOST, ())
    for number in range(1000):
        render(renderer, Request("GET", f"/{number}", (("X-Number", str(number)),)))
    assert len(renderer._known) <= 256
    assert len(renderer._blocks) <= 256


@pytest.mark.parametrize(
    "target",
    ["/a b", "/a\r\nX: y", "/a\n", "/\0", "/\t", "/ä", "/\x7f", "", "http://other/", "*"],
)
def test_bad_target(target: str) -> None:
    """Nothing in a target can end the request line or name another server."""
    with pytest.raises(OptionError):
        lines(Request("GET", target))


@pytest.mark.parametrize("leaf", [" HTTP/1.1\r\nX: y", "1\n", "ä", "\u0661", "1 2", "\0"])
def test_bad_leaf(leaf: str) -> None:
    """Nor can anything in a leaf, also behind a stem that was in order before."""
    renderer = RequestRenderer(HOST, ())
    template = Template("PUT", "/_api/job/")
    renderer.render(template, "1")
    with pytest.raises(OptionError):
        renderer.render(template, leaf)


@pytest.mark.parametrize("method", ["", "GE T", "GET\r\nX:", "GÄT"])
def test_bad_method(method: str) -> None:
    """A method is a token."""
    with pytest.raises(OptionError):
        lines(Request(method, "/"))


@pytest.mark.parametrize(
    "header",
    [
        ("X", "a\r\nY: b"), ("X", "a\nb"), ("X", "\0"), ("X", "\u20ac"), ("X\r\nY", "b"),
        ("X:", "b"), ("", "b"), ("X ", "b"), ("Content-Length", "5"),
        ("transfer-encoding", "chunked"),
    ],
)  # fmt: skip
def test_bad_header(header: tuple[str, str]) -> None:
    """Nothing in a header can begin another, or frame the body anew."""
    with pytest.raises(OptionError):
        lines(Request("GET", "/", (header,)))


def test_refusal_shows_no_value() -> None:
    """The value of a header may be a secret."""
    with pytest.raises(OptionError) as caught:
        lines(Request("GET", "/", (("Authorization", "bearer s3cret\n"),)))
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "name", "port", "authority", "shown"),
    [
        ("http://a", "a", 80, "a", "http://a"),
        ("https://a/", "a", 443, "a", "https://a"),
        ("http://a:8529/p/", "a", 8529, "a:8529", "http://a:8529/p"),
        ("http://[::1]:8529", "::1", 8529, "[::1]:8529", "http://[::1]:8529"),
        ("https://10.0.0.1:443", "10.0.0.1", 443, "10.0.0.1", "https://10.0.0.1"),
    ],
)
def test_hosts(url: str, name: str, port: int, authority: str, shown: str) -> None:
    """Addresses as users write them."""
    host = parse_host(url)
    assert (host.name, host.port, host.authority, host.url) == (name, port, authority, shown)


@pytest.mark.parametrize(
    "url",
    ["", "a:8529", "ftp://a", "http://", "http://a:b", "http://a:99999", "http://a/?q", "http://a\r\nX",
     "http://u:s3cret@a", "http://a b"],
)  # fmt: skip
def test_bad_hosts(url: str) -> None:
    """What is no plain address is refused, without showing a password."""
    with pytest.raises(OptionError) as caught:
        parse_host(url)
    assert "s3cret" not in str(caught.value)
