"""Request heads as bytes.

All that differs between two requests to a host is built for each; the rest is
rendered once for every tuple of headers. Opens nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from arango_jobs._net.hosts import Host
from arango_jobs.errors import OptionError
from arango_jobs.operations import Headers, Request

__all__ = ["RequestRenderer"]

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+\Z")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*\Z")
_FRAMING = frozenset({"content-length", "transfer-encoding"})
_BODILESS = frozenset({"GET", "HEAD", "OPTIONS"})
# Callers keep their tuples of headers; one who makes a new one each time must not grow this.
_MAX_BLOCKS = 256


class RequestRenderer:
    """Renders the heads of requests to one host.

    `defaults` go with every request that does not carry the same names itself.
    """

    __slots__ = ("_blocks", "_defaults", "_last", "_prefix")

    def __init__(self, host: Host, defaults: Headers) -> None:
        named = {name.lower(): (name, value) for name, value in defaults}
        named.setdefault("host", ("Host", host.authority))
        named.setdefault("accept-encoding", ("Accept-Encoding", "identity"))
        self._defaults = {name: _line(*pair) for name, pair in named.items()}
        self._prefix = host.prefix
        self._blocks: dict[int, tuple[Headers, bytes, bytes]] = {}
        """Headers, and what follows the target: without and with a length, which is left out."""
        self._last: tuple[str, str | None, bytes] = ("", None, b"")
        """Method and stem of the last request, and its line so far: often the next is the same."""

    def render(self, request: Request) -> bytes:
        """Return everything before the body; `OptionError` where a part would break the head."""
        method, stem, leaf, headers = request.method, request.stem, request.leaf, request.headers
        last = self._last
        if stem is not last[1] or method != last[0]:
            _check_line(method, stem)
            last = self._last = (method, stem, f"{method} {self._prefix}{stem}".encode())
        if leaf and not (leaf.isdecimal() and leaf.isascii()):
            _check_line(method, stem + leaf)
        known = self._blocks.get(id(headers))
        if known is None or known[0] is not headers:
            known = self._block(headers)
        size = len(request.body)
        if size or method not in _BODILESS:
            return b"%b%b%b%d\r\n\r\n" % (last[2], leaf.encode(), known[2], size)
        return b"%b%b%b" % (last[2], leaf.encode(), known[1])

    def _block(self, headers: Headers) -> tuple[Headers, bytes, bytes]:
        own = {name.lower() for name, _ in headers}
        if not own.isdisjoint(_FRAMING):
            raise OptionError("Content-Length and Transfer-Encoding are the transport's own")
        lines = [line for name, line in self._defaults.items() if name not in own]
        block = "".join([" HTTP/1.1\r\n", *lines, *_lines(headers)]).encode("latin-1")
        if len(self._blocks) >= _MAX_BLOCKS:
            self._blocks.clear()
        # The tuple is kept with its block: as long as it lives, its id is nobody else's.
        known = self._blocks[id(headers)] = (headers, block + b"\r\n", block + b"Content-Length: ")
        return known


def _check_line(method: str, target: str) -> None:
    # Blanks and controls would end the request line early; only ASCII is defined in it.
    if not (target.isascii() and target.isprintable()) or " " in target:
        raise OptionError(f"{method} {target!r}: the target has characters to be quoted")
    if not _TOKEN.match(method):
        raise OptionError(f"{method!r} is not an HTTP method")
    if target[:1] != "/":
        raise OptionError(f"target {target!r} does not start with a slash")


def _lines(headers: Headers) -> Iterable[str]:
    return (_line(name, value) for name, value in headers)


def _line(name: str, value: str) -> str:
    if not _TOKEN.match(name):
        raise OptionError(f"{name!r} is not a header name")
    if not _VALUE.match(value):
        # The value may be a secret.
        raise OptionError(f"the value of header {name} has characters that no header can carry")
    return f"{name}: {value}\r\n"
