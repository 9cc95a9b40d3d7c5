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
_MAX_MOULDS = 64


_Mould = tuple[Headers, str, bytes, bytes, bytes]
"""Headers and method; then the head before the leaf, and behind it without a body and with one."""


class RequestRenderer:
    """Renders the heads of requests to one host.

    `defaults` go with every request that does not carry the same names itself.
    """

    __slots__ = ("_blocks", "_defaults", "_last", "_moulds", "_prefix")

    def __init__(self, host: Host, defaults: Headers) -> None:
        named = {name.lower(): (name, value) for name, value in defaults}
        named.setdefault("host", ("Host", host.authority))
        named.setdefault("accept-encoding", ("Accept-Encoding", "identity"))
        self._defaults = {name: _line(*pair) for name, pair in named.items()}
        self._prefix = host.prefix
        self._blocks: dict[int, tuple[Headers, str]] = {}
        self._moulds: dict[str, _Mould] = {}
        """By the stem, of requests that came more than once."""
        self._last: str | None = None
        """The stem of the last request that was not among them."""

    def render(self, request: Request) -> bytes:
        """Return everything before the body; `OptionError` where a part would break the head."""
        mould = self._moulds.get(request.stem)
        if mould is None or mould[0] is not request.headers or mould[1] != request.method:
            mould = self._mould(request)
        size, leaf = len(request.body), request.leaf.encode("ascii")
        if size:
            return b"%b%b%b%d\r\n\r\n" % (mould[2], leaf, mould[4], size)
        return b"%b%b%b" % (mould[2], leaf, mould[3])

    def _mould(self, request: Request) -> _Mould:
        method, stem, headers = request.method, request.stem, request.headers
        _check_line(method, stem)
        known = self._blocks.get(id(headers))
        block = known[1] if known is not None and known[0] is headers else self._block(headers)
        line = f"{method} {self._prefix}{stem}"
        rest = f" HTTP/1.1\r\n{block}"
        full = f"{rest}Content-Length: "
        empty = f"{rest}\r\n" if method in _BODILESS else f"{full}0\r\n\r\n"
        mould = (headers, method, line.encode(), empty.encode("latin-1"), full.encode("latin-1"))
        if stem is self._last:
            if len(self._moulds) >= _MAX_MOULDS:
                self._moulds.clear()
            self._moulds[stem] = mould
        self._last = stem
        return mould

    def _block(self, headers: Headers) -> str:
        own = {name.lower() for name, _ in headers}
        if not own.isdisjoint(_FRAMING):
            raise OptionError("Content-Length and Transfer-Encoding are the transport's own")
        lines = [line for name, line in self._defaults.items() if name not in own]
        block = "".join([*lines, *_lines(headers)])
        if len(self._blocks) >= _MAX_BLOCKS:
            self._blocks.clear()
        # The tuple is kept with its block: as long as it lives, its id is nobody else's.
        self._blocks[id(headers)] = (headers, block)
        return block


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
