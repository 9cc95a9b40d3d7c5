"""Functions that hash, encode and make up strings."""

from __future__ import annotations

import base64
import hashlib
import secrets
import string
import uuid
from typing import Any

from arango_jobs.local.aql.functions.arguments import whole
from arango_jobs.local.aql.functions.registry import ArgumentError, function
from arango_jobs.local.aql.values import sort_key, to_string

__all__: list[str] = []

_CRC32C = 0x82F63B78
_FNV_START, _FNV_PRIME = 0xCBF29CE484222325, 0x100000001B3
_MASK64 = 2**64 - 1
_LONGEST_TOKEN = 65536
_TOKEN = string.ascii_letters + string.digits


def _bytes(value: Any) -> bytes:
    return to_string(value).encode("utf-8", "replace")


def _hexadecimal(name: str) -> Any:
    def digest(value: Any) -> str:
        """Return the digest in hexadecimal digits."""
        return hashlib.new(name, _bytes(value), usedforsecurity=False).hexdigest()

    return digest


for _name in ("MD5", "SHA1", "SHA256", "SHA512"):
    function(_name)(_hexadecimal(_name.lower()))


@function("CRC32")
def crc32(value: Any) -> str:
    """Return the CRC-32C checksum in hexadecimal digits."""
    checksum = 0xFFFFFFFF
    for byte in _bytes(value):
        checksum ^= byte
        for _ in range(8):
            checksum = (checksum >> 1) ^ (_CRC32C if checksum & 1 else 0)
    return f"{checksum ^ 0xFFFFFFFF:X}"


def _fnv(data: bytes) -> int:
    checksum = _FNV_START
    for byte in data:
        checksum = ((checksum ^ byte) * _FNV_PRIME) & _MASK64
    return checksum


@function("FNV64")
def fnv64(value: Any) -> str:
    """Return the FNV-1a hash in hexadecimal digits."""
    return f"{_fnv(_bytes(value)):X}"


@function("HASH")
def hash_(value: Any) -> int:
    """Return a number that is the same for equal values."""
    return _fnv(repr(sort_key(value)).encode("utf-8", "replace")) >> 11


@function("TO_BASE64")
def to_base64(value: Any) -> str:
    """Return the value in Base64."""
    return base64.b64encode(_bytes(value)).decode()


@function("TO_HEX")
def to_hex(value: Any) -> str:
    """Return the value's bytes in hexadecimal digits."""
    return _bytes(value).hex()


@function("RANDOM_TOKEN")
def random_token(length: Any) -> str:
    """Return random letters and digits."""
    size = whole(length)
    if not 0 <= size <= _LONGEST_TOKEN:
        raise ArgumentError
    return "".join(secrets.choice(_TOKEN) for _ in range(size))


@function("UUID", 0)
def uuid_() -> str:
    """Return a random UUID."""
    return str(uuid.uuid4())
