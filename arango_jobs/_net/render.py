"""Request heads as bytes.

What requests to a host share is rendered once for every template; only leaf and length
are put in for each. Opens nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import chain

from arango_jobs._net.exchange import Exchanges
from arango_jobs._net.hosts import Host
from arango_jobs.errors import OptionError
from arango_jobs.operations import Headers, Template

__all__ = ["SMALL_BODY", "RequestRenderer"]

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+\Z")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*\Z")
_FRAMING = frozenset({"content-length", "transfer-encoding"})
_BODILESS = frozenset({"GET", "HEAD", "OPTIONS"})
# Callers keep templates and tuples of headers; who makes new ones each time must not grow this.
_MAX_KNOWN = 256
# A body is copied behind its head up to here; beyond, the copy costs more than a call of send.
SMALL_BODY = 1 << 16


Parts = tuple[bytes, bytes, bytes, bytes]
"""What the heads of requests have in common that differ in leaf and body alone: what comes before
the leaf, what follows it where there is no body, and what follows it up to the body's length.
The last is a form for the length and a body where there is no leaf."""


class RequestRenderer:
    """Renders the heads of requests to one host.

    `defaults` go with every request that does not carry the same names itself.
    """

    __slots__ = ("_blocks", "_defaults", "_known", "_prefix")

    def __init__(self, host: Host, defaults: Headers) -> None:
        named = {name.lower(): (name, value) for name, value in defaults}
        named.setdefault("host", ("Host", host.authority))
        named.setdefault("accept-encoding", ("Accept-Encoding", "identity"))
        self._defaults = {name: _line(*pair) for name, pair in named.items()}
        self._prefix = host.prefix
        self._known: dict[Template, Parts] = {}
        self._blocks: dict[int, tuple[Headers, bytes]] = {}
        """Headers, and the lines that they make."""

    def render(self, template: Template, leaf: str = "", size: int = 0) -> bytes:
        """Return everything before the body of `size` bytes.

        Raises `OptionError` where a part would break the head.
        """
        before, bare, behind, _form = self._parts(template)
        if leaf:
            _check_leaf(template, leaf)
        if size:
            return b"%b%b%b%d\r\n\r\n" % (before, leaf.encode(), behind, size)
        return before + leaf.encode() + bare

    def put_heads(self, exchanges: Exchanges) -> None:
        """Put the heads, with their bodies where these are small, into `exchanges`.

        Raises `OptionError` where a part would break a head.
        """
        template, bodies = exchanges.template, exchanges.bodies
        before, bare, behind, form = self._parts(template)
        leaves = _encoded(template, exchanges.leaves)
        large: list[bytes] = []
        if not any(bodies):
            exchanges.heads = [before + leaf + bare for leaf in leaves]
        elif max(map(len, bodies)) <= SMALL_BODY and all(bodies) and not any(leaves):
            exchanges.heads = [form % (len(body), body) for body in bodies]
        else:
            large = [body if len(body) > SMALL_BODY else b"" for body in bodies]
            exchanges.heads = [
                b"%b%b%b%d\r\n\r\n%b" % (before, leaf, behind, len(body), b"" if late else body)
                if body
                else before + leaf + bare
                for leaf, body, late in zip(leaves, bodies, large, strict=True)
            ]
        exchanges.bodies = large if any(large) else ()
        exchanges.size = sum(map(len, chain(exchanges.heads, exchanges.bodies)))

    def _parts(self, template: Template) -> Parts:
        """Return what all heads for `template` have in common; `OptionError` where it is none."""
        return self._known.get(template) or self._learn(template)

    def _learn(self, template: Template) -> Parts:
        method, stem, headers = template.method, template.stem, template.headers
        _check_line(method, stem)
        block = self._blocks.get(id(headers))
        if block is None or block[0] is not headers:
            block = self._block(headers)
        if len(self._known) >= _MAX_KNOWN:
            self._known.clear()
        before = f"{method} {self._prefix}{stem}".encode()
        bare = block[1] + (b"\r\n" if method in _BODILESS else b"Content-Length: 0\r\n\r\n")
        behind = block[1] + b"Content-Length: "
        form = (before + behind).replace(b"%", b"%%") + b"%d\r\n\r\n%b"
        known = self._known[template] = (before, bare, behind, form)
        return known

    def _block(self, headers: Headers) -> tuple[Headers, bytes]:
        own = {name.lower() for name, _ in headers}
        if not own.isdisjoint(_FRAMING):
            raise OptionError("Content-Length and Transfer-Encoding are the transport's own")
        lines = [line for name, line in self._defaults.items() if name not in own]
        block = "".join([" HTTP/1.1\r\n", *lines, *_lines(headers)]).encode("latin-1")
        if len(self._blocks) >= _MAX_KNOWN:
            self._blocks.clear()
        # The tuple is kept with its block: as long as it lives, its id is nobody else's.
        known = self._blocks[id(headers)] = (headers, block)
        return known


def _encoded(template: Template, leaves: Sequence[str]) -> list[bytes]:
    """Return `leaves` as they go into heads."""
    text = "".join(leaves)
    if not text:
        return [b""] * len(leaves)
    # Numbers, as those of jobs are, need no further look.
    if text.isascii() and text.isdigit():
        return " ".join(leaves).encode().split(b" ")
    for leaf in filter(None, leaves):
        _check_leaf(template, leaf)
    return [leaf.encode() for leaf in leaves]


def _check_leaf(template: Template, leaf: str) -> None:
    """Raise `OptionError` where `leaf` would break the head."""
    _check_line(template.method, template.stem + leaf)


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
