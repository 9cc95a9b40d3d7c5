"""Functions that tell or change the type of a value."""

from __future__ import annotations

import ipaddress
import re
from typing import Any

from arango_jobs.local.aql import values
from arango_jobs.local.aql.functions.dateparts import parse
from arango_jobs.local.aql.functions.registry import ArgumentError, alias, function

__all__: list[str] = []

_KEY = re.compile(r"[a-zA-Z0-9_:.@()+,=;$!*'%-]{1,254}\Z")

function("TO_BOOL")(values.is_true)
function("TO_NUMBER")(values.to_number)
function("TO_STRING")(values.to_string)
function("TO_ARRAY")(values.to_array)
alias("TO_LIST", "TO_ARRAY")
function("TYPENAME")(values.type_name)
function("IS_NUMBER")(values.is_number)


@function("IS_NULL")
def is_null(value: Any) -> bool:
    """Tell whether it is null."""
    return value is None


@function("IS_BOOL")
def is_bool(value: Any) -> bool:
    """Tell whether it is true or false."""
    return type(value) is bool


@function("IS_STRING")
def is_string(value: Any) -> bool:
    """Tell whether it is a string."""
    return type(value) is str


@function("IS_ARRAY")
def is_array(value: Any) -> bool:
    """Tell whether it is an array."""
    return type(value) is list


@function("IS_OBJECT")
def is_object(value: Any) -> bool:
    """Tell whether it is an object."""
    return type(value) is dict


alias("IS_LIST", "IS_ARRAY")
alias("IS_DOCUMENT", "IS_OBJECT")


@function("IS_DATESTRING")
def is_datestring(value: Any) -> bool:
    """Tell whether it is a string that the date functions can read."""
    if type(value) is not str:
        return False
    try:
        parse(value)
    except ArgumentError:
        return False
    return True


@function("IS_KEY")
def is_key(value: Any) -> bool:
    """Tell whether it can be a document key."""
    return type(value) is str and _KEY.match(value) is not None


@function("IS_IPV4")
def is_ipv4(value: Any) -> bool:
    """Tell whether it is an IPv4 address."""
    try:
        ipaddress.IPv4Address(value if type(value) is str else "")
    except ValueError:
        return False
    return True
