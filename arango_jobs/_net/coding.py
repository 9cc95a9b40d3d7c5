"""Content codings of bodies, undone within a limit."""

from __future__ import annotations

import zlib

from arango_jobs.errors import NotHTTPError, ResponseTooLargeError

__all__ = ["decoded"]

_GZIP = 16 + zlib.MAX_WBITS
_WINDOW_BITS = {"gzip": _GZIP, "x-gzip": _GZIP, "deflate": zlib.MAX_WBITS}


def decoded(body: bytes, codings: str, limit: int) -> bytes:
    """Return `body` without the codings of a Content-Encoding header.

    A coding that nobody asked for and that is not known here is left as it is.
    Raises `ResponseTooLargeError` beyond `limit` bytes and `NotHTTPError` where
    the body is not what the header says.
    """
    for coding in reversed(codings.lower().split(",")):
        bits = _WINDOW_BITS.get(coding.strip())
        if bits is None and coding.strip() not in ("", "identity"):
            return body
        if bits is not None and body:
            body = _inflated(body, bits, coding.strip(), limit)
    return body


def _inflated(body: bytes, bits: int, coding: str, limit: int) -> bytes:
    if bits == zlib.MAX_WBITS and not _has_zlib_header(body):
        # Some servers mean the bare stream when they say deflate (RFC 9110 §8.4.1.2).
        bits = -zlib.MAX_WBITS
    parts: list[bytes] = []
    room = limit
    while body:
        inflater = zlib.decompressobj(bits)
        try:
            # One byte more than allowed tells "just full" from "too large".
            part = inflater.decompress(body, room + 1)
        except zlib.error as error:
            raise NotHTTPError(f"the body is not {coding}, as its header says: {error}") from None
        room -= len(part)
        if room < 0:
            raise ResponseTooLargeError(f"the {coding} body holds more than {limit} bytes")
        if not inflater.eof:
            raise NotHTTPError(f"the {coding} body is cut off")
        parts.append(part)
        # A gzip body may consist of several members (RFC 1952 §2.2).
        body = inflater.unused_data if bits == _GZIP else b""
    return b"".join(parts)


def _has_zlib_header(body: bytes) -> bool:
    return len(body) >= 2 and body[0] & 0x0F == 8 and (body[0] << 8 | body[1]) % 31 == 0
