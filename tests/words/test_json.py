"""What goes over the wire as JSON, exactly; docs/manager.md tells users of it."""

from __future__ import annotations

import enum
import math
import pickle
import types
from collections import ChainMap, namedtuple
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from arango_jobs import JSONEncodeError
from arango_jobs.json import dumps, loads

Point = namedtuple("Point", "x y")
KEY = UUID(int=7)


class Colour(enum.Enum):
    RED = "red"
    NONE = None
    WRONG = math.nan


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"a": [1, -2.5, True, None, "é"]}, '{"a":[1,-2.5,true,null,"é"]}'),
        (2**64 - 1, "18446744073709551615"),
        (-(2**63), "-9223372036854775808"),
        (0.1 + 0.2, "0.30000000000000004"),
        (Point(1, 2), "[1,2]"),
        ({1: "a", None: "b", False: "c"}, '{"1":"a","null":"b","false":"c"}'),
        (KEY, f'"{KEY}"'),
        ({"id": KEY, "n": None}, f'{{"id":"{KEY}","n":null}}'),
        ({1: KEY}, f'{{"1":"{KEY}"}}'),
        (Colour.RED, '"red"'),
        ({"c": Colour.RED, "n": Colour.NONE}, '{"c":"red","n":null}'),
        ({1: Colour.RED}, '{"1":"red"}'),
    ],
)
def test_what_json_can_carry(value: Any, text: str) -> None:
    """It is written as it is, the same wherever it stands."""
    assert dumps(value).decode() == text


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ({"a": {"b": [1, math.nan]}}, r"nan \(at \$\.a\.b\[1\]\); use null or a string"),
        ({"a": math.inf}, "inf"),
        ({"a": Colour.WRONG}, "nan"),
        ({"n": 2**64}, r"the integer at \$\.n does not fit in 64 bits"),
        ({"n": -(2**63) - 1}, "send it as a string"),
        ({"s": {1, 2}}, r"a set \(at \$\.s\)"),
        ({"b": b"x"}, "a bytes"),
        ({"d": datetime(2026, 1, 1)}, "a datetime"),
        ({"d": Decimal("1.5")}, "a Decimal"),
        ({math.nan: 1}, "cannot carry"),
        ({("a", "b"): 1}, "cannot carry"),
    ],
)
def test_what_json_cannot_carry(value: Any, told: str) -> None:
    """A typed error that pickles, and names the place and what to do."""
    with pytest.raises(JSONEncodeError, match=told) as caught:
        dumps(value)
    assert isinstance(caught.value, ValueError)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_a_circle() -> None:
    """Neither is a value that holds itself."""
    circle: list[Any] = []
    circle.append(circle)
    with pytest.raises(JSONEncodeError):
        dumps(circle)


def test_numbers_that_are_read() -> None:
    """Integers of up to 64 bits come back exactly; ArangoDB sends no larger ones."""
    assert loads(b"[18446744073709551615,-9223372036854775808,1.5]") == [2**64 - 1, -(2**63), 1.5]


def test_mappings_that_are_no_dicts() -> None:
    """They are objects, at any depth, and never their own description."""
    value = {"a": types.MappingProxyType({"b": ChainMap({"c": 1})})}
    assert dumps(value) == b'{"a":{"b":{"c":1}}}'
