"""Which text is a number, and which number it is."""

from __future__ import annotations

import json
import math
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arango_jobs.loader import LoadOptions
from arango_jobs.loader.convert import make_converter

MIN, MAX = -(2**63), 2**64 - 1


def inferred(text: str) -> Any:
    converter = make_converter(LoadOptions(infer=True))
    assert converter is not None
    return converter({"x": text})["x"]


def typed(text: Any, kind: str) -> Any:
    converter = make_converter(LoadOptions(types={"x": kind}))
    assert converter is not None
    return converter({"x": text})["x"]


def same(found: Any, expected: Any) -> bool:
    return type(found) is type(expected) and repr(found) == repr(expected)


@given(st.integers() | st.integers(MIN - 3, MIN + 3) | st.integers(MAX - 3, MAX + 3))
def test_whole_numbers(number: int) -> None:
    """They are exact where 64 bits hold them, and stay text where not, however long."""
    assert same(inferred(str(number)), number if MIN <= number <= MAX else str(number))


@given(st.integers(1, 10000), st.sampled_from(["", "-"]))
def test_whole_numbers_of_any_length(digits: int, sign: str) -> None:
    """Also those that Python refuses to read."""
    text = sign + "9" * digits
    found = inferred(text)
    assert found == int(text) if digits <= 18 else str(found) == text


@given(st.integers(-(10**40), 10**40), st.integers(1, 40), st.none() | st.integers(-340, 320))
def test_decimals(digits: int, places: int, exponent: int | None) -> None:
    """The nearest double, for every length."""
    whole, fraction = divmod(abs(digits), 10**places)
    sign = "-" if digits < 0 else ""
    text = f"{sign}{whole}.{fraction:0{places}}" + ("" if exponent is None else f"e{exponent}")
    found = inferred(text)
    if math.isinf(float(text)):
        assert found == text
        return
    assert same(found, float(text))
    exact = Fraction(text)
    for neighbour in (math.nextafter(found, -math.inf), math.nextafter(found, math.inf)):
        if math.isfinite(neighbour):
            assert abs(Fraction(found) - exact) <= abs(Fraction(neighbour) - exact)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_what_python_writes(number: float) -> None:
    """Each double comes back."""
    assert same(inferred(repr(number)), number)


@given(st.text(st.sampled_from("0123456789+-.eE_ xnaif"), max_size=8) | st.text(max_size=4))
def test_only_what_json_calls_a_number(text: str) -> None:
    """Text becomes a number if, and only if, JSON has it so."""
    found = inferred(text)
    try:
        value = json.loads(text, parse_constant=lambda _: None)
    except ValueError:
        value = None
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    is_plain = text == text.strip() and is_number and math.isfinite(value)
    fits = not isinstance(value, int) or MIN <= value <= MAX
    if text not in ("true", "false") and not (is_plain and fits):
        assert same(found, text)
    else:
        assert same(found, value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.30000000000000004", 0.30000000000000004),
        ("-122.41941550000001", -122.41941550000001),
        ("18446744073709551615", MAX),
        ("18446744073709551616", "18446744073709551616"),
        ("-9223372036854775808", MIN),
        ("-9223372036854775809", "-9223372036854775809"),
        ("9007199254740993", 9007199254740993),
        ("0", 0),
        ("-0", 0),
        ("-0.0", -0.0),
        ("1e5", 100000.0),
        ("1E+05", 100000.0),
        ("1e308", 1e308),
        ("1e309", "1e309"),
        ("-1e309", "-1e309"),
        ("1e-400", 0.0),
        ("1e0000000000000000000005", 100000.0),
        ("0." + "0" * 400 + "1", 0.0),
        ("9" * 400 + ".0", "9" * 400 + ".0"),
        *[
            (text, text)
            for text in (
                "+1", "007", "-007", "00", "1_000", ".5", "5.", "-.5", "1.e5", "1e", "e5", "-",
                " 1", "1 ", "1\n", "\t1", "1,5", "1.5.1", "0x1F", "0b1", "1j", "1L", "1d", "nan",
                "NaN", "inf", "-inf", "Infinity", "٣", "\uff11", "²", "½", "", "null", "True",
                "1\u00a0", "--1", "1-2", "2024-01-01",
            )
        ],
    ],
)  # fmt: skip
def test_forms(text: str, value: Any) -> None:
    """What JSON does not write as a number stays as it is: it may be a key or a name."""
    assert same(inferred(text), value)


@pytest.mark.parametrize("kind", ["int", "float"])
@pytest.mark.parametrize(
    "text",
    ["1_000", "٣", "\uff11", "nan", "inf", "-Infinity", "0x1F", "1e400", "", "1 2", "9" * 5000],
)
def test_what_is_no_number_for_a_type_either(kind: str, text: str) -> None:
    """What Python alone reads as a number is none; an empty text is null."""
    if text == "":
        assert typed(text, kind) is None
        return
    with pytest.raises(ValueError, match=f"is no {kind}"):
        typed(text, kind)


def test_types_are_a_little_wider() -> None:
    """Who names a type gets spaces, signs and leading zeros read."""
    assert same(typed(" +007 ", "int"), 7)
    assert same(typed(" .5 ", "float"), 0.5)
    assert same(typed("-0", "float"), -0.0)
    assert same(typed(2**70, "str"), "1180591620717411303424")
    with pytest.raises(ValueError, match="is no int"):
        typed("1.0", "int")
    with pytest.raises(ValueError, match="is no json"):
        typed("18446744073709551616", "json")
