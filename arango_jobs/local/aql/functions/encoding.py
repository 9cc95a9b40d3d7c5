"""Functions that write values as strings of some format, and read them back."""

from __future__ import annotations

import ipaddress
import json
from typing import Any
from urllib.parse import quote

from arango_jobs.local.aql.functions.arguments import object_, text, whole
from arango_jobs.local.aql.functions.registry import ArgumentError, function
from arango_jobs.local.aql.values import is_number, to_json, to_string

__all__: list[str] = []


@function("TO_CHAR")
def to_char(codepoint: Any) -> str:
    """Return the character of a code point."""
    code = whole(codepoint)
    if not 0 <= code <= 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        raise ArgumentError
    return chr(code)


@function("ENCODE_URI_COMPONENT")
def encode_uri_component(value: Any) -> str:
    """Return the value as part of a URI."""
    return quote(to_string(value), safe="!'()*-._~", errors="replace")


@function("JSON_STRINGIFY")
def json_stringify(value: Any) -> str:
    """Return the value as JSON."""
    return to_json(value)


@function("JSON_PARSE")
def json_parse(value: Any) -> Any:
    """Return what a string of JSON stands for."""
    try:
        return json.loads(text(value), parse_constant=_no_constant)
    except ValueError:
        raise ArgumentError from None


def _no_constant(name: str) -> Any:
    raise ValueError(name)


@function("IPV4_FROM_NUMBER")
def ipv4_from_number(value: Any) -> str:
    """Return the IPv4 address that a number stands for."""
    if not is_number(value) or not 0 <= value < 2**32:
        raise ArgumentError
    return str(ipaddress.IPv4Address(int(value)))


@function("IPV4_TO_NUMBER")
def ipv4_to_number(value: Any) -> int:
    """Return the number of an IPv4 address."""
    try:
        return int(ipaddress.IPv4Address(text(value)))
    except ValueError:
        raise ArgumentError from None


@function("TRANSLATE", 2, 3)
def translate(value: Any, lookup: Any, *default: Any) -> Any:
    """Return what an object has for the value, else the default or the value."""
    return object_(lookup).get(to_string(value), default[0] if default else value)
