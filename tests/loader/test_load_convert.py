"""From rows to documents."""

from __future__ import annotations

from typing import Any

import pytest

from arango_jobs.errors import OptionError
from arango_jobs.loader import LoadOptions
from arango_jobs.loader.convert import check_columns, make_converter


def convert(row: dict[str, Any], **options: Any) -> dict[str, Any]:
    converter = make_converter(LoadOptions(**options))
    assert converter is not None
    before = dict(row)
    document = converter(row)
    assert row == before
    return document


def refusal(row: dict[str, Any], **options: Any) -> str:
    with pytest.raises(ValueError) as caught:
        convert(row, **options)
    return str(caught.value)


def test_nothing_to_convert() -> None:
    """Without options rows are documents."""
    assert make_converter(LoadOptions()) is None


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("int", "7", 7),
        ("int", " 7 ", 7),
        ("int", 7.0, 7),
        ("int", "", None),
        ("float", "1e3", 1000.0),
        ("float", 2, 2.0),
        ("bool", "Yes", True),
        ("bool", "0", False),
        ("bool", True, True),
        ("str", 5, "5"),
        ("str", "", ""),
        ("json", '{"a":[1]}', {"a": [1]}),
        ("json", "", None),
        ("json", [1], [1]),
    ],
)
def test_types(kind: str, text: Any, value: Any) -> None:
    """Text becomes the type named, and nothing else."""
    document = convert({"x": text}, types={"x": kind})
    assert document == {"x": value}
    assert type(document["x"]) is type(value)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("int", "1.5"),
        ("int", 1.5),
        ("int", "9" * 25),
        ("float", "nan"),
        ("float", "inf"),
        ("bool", "maybe"),
        ("json", "{"),
    ],
)
def test_what_is_no_such_type(kind: str, text: Any) -> None:
    """The row fails, and says value, field and type."""
    assert refusal({"x": text}, types={"x": kind}) == f"{text!r} in 'x' is no {kind}"


def test_keys() -> None:
    """Numbers become text, the prefix comes before, and the field stays."""
    assert convert({"id": 7}, key_field="id", key_prefix="p-") == {"id": 7, "_key": "p-7"}
    assert convert({"id": 7.0}, key_field="id")["_key"] == "7"
    assert convert({"_key": "a"}, key_prefix="p-") == {"_key": "p-a"}
    assert convert({"id": "007"}, key_field="id", types={"id": "int"})["_key"] == "007"


@pytest.mark.parametrize("value", [None, "", 1.5, True, ["a"]])
def test_values_that_are_no_key(value: Any) -> None:
    """The row fails, and names the field."""
    assert "'id'" in refusal({"id": value}, key_field="id")
    assert "'id'" in refusal({}, key_field="id")


def test_edges() -> None:
    """Ends without a collection get one; others stay."""
    options = {"edge": True, "from_field": "a", "to_field": "b", "from_collection": "airports"}
    document = convert({"a": "SFO", "b": "cities/1"}, **options)
    assert document == {"a": "SFO", "b": "cities/1", "_from": "airports/SFO", "_to": "cities/1"}
    message = refusal({"a": "SFO", "b": "LAX"}, **options)
    assert message == "'LAX' in 'b' names no collection; give one with to-collection"


def test_names() -> None:
    """Renaming comes first, dropping last."""
    options = {"rename": {"a": "b", "b": "a"}, "key_field": "b", "drop": ["b"]}
    assert convert({"a": 1, "b": 2}, **options) == {"a": 2, "_key": "1"}
    assert "'b'" in refusal({"a": 1, "b": 2}, rename={"a": "b"})


def test_infer() -> None:
    """Text becomes a number, true or false where JSON would write it so; keys never do."""
    row = {"a": "1", "b": "1.5e3", "c": "true", "d": "007", "e": "1 ", "_key": "5", "f": "9" * 30}
    assert convert(row, infer=True) == {
        "a": 1,
        "b": 1500.0,
        "c": True,
        "d": "007",
        "e": "1 ",
        "_key": "5",
        "f": "9" * 30,
    }
    assert convert({"a": "1"}, infer=True, types={"a": "str"}) == {"a": "1"}


def test_empty() -> None:
    """Empty text stays, becomes null, or goes."""
    row = {"a": "", "b": 0, "c": ""}
    types = {"c": "int"}
    assert convert(row, types=types) == {"a": "", "b": 0, "c": None}
    assert convert(row, types=types, empty="null") == {"a": None, "b": 0, "c": None}
    assert convert(row, types=types, empty="omit") == {"b": 0}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"types": {"y": "int"}}, "type: there is no column 'y' in f.csv; it has a, b"),
        ({"rename": {"y": "a"}}, "map: there is no column 'y' in f.csv; it has a, b"),
        ({"drop": ["y"]}, "drop: there is no column 'y' in f.csv; it has a, b"),
        ({"key_field": "y"}, "key-field: there is no column 'y' in f.csv; it has a, b"),
        (
            {"edge": True, "from_field": "a"},
            "to-field: there is no column '_to' in f.csv; it has a, b",
        ),
    ],
)
def test_columns_that_are_not_there(options: dict[str, Any], message: str) -> None:
    """An option that names none ends the load before it begins."""
    with pytest.raises(OptionError) as caught:
        check_columns(LoadOptions(**options), ["a", "b"], "f.csv")
    assert str(caught.value) == message


def test_columns_of_several_files() -> None:
    """Where files share their options, a column may be in one of them only."""
    options = LoadOptions(types={"y": "int"}, rename={"z": "a"}, strict_columns=False)
    check_columns(options, ["a", "b"], "f.csv")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"format": "xml"}, "format must be one of auto, csv, tsv, jsonl, json, parquet, arrow"),
        ({"types": {"a": "date"}}, "the type of 'a' must be one of int, float, bool, str, json"),
        ({"chunk_rows": 0}, "chunk_rows must be a whole number from 1, not 0"),
        ({"skip": -1}, "skip must be a whole number from 0, not -1"),
        ({"limit": True}, "limit must be a whole number or None, not True (bool)"),
        ({"delimiter": ";;"}, "delimiter must be one character, not ';;'"),
        ({"encoding": "klingon"}, "there is no encoding 'klingon'"),
        ({"checkpoint": "c", "client_keys": False}, "checkpoint needs client_keys"),
    ],
)
def test_unusable_options(options: dict[str, Any], message: str) -> None:
    """Each is named with its value."""
    with pytest.raises(OptionError) as caught:
        LoadOptions(**options)
    assert str(caught.value).startswith(message)
