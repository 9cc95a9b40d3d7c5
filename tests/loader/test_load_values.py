"""One rule for the values of frames, files of tables and dicts."""

from __future__ import annotations

import collections
import datetime
import decimal
import enum
import json
import types
import uuid
from pathlib import Path
from typing import Any

import numpy
import pandas
import polars
import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st
from loader_support import MemoryTarget, letters

from arango_jobs import ArangoClient, JobManager
from arango_jobs.json import dumps, loads
from arango_jobs.loader import load
from arango_jobs.local import LocalServer

pytestmark = pytest.mark.usefixtures("target")

NOW = datetime.datetime(2024, 2, 29, 12, 30, 15, 250000)
BERLIN = datetime.timezone(datetime.timedelta(hours=1))


class Colour(enum.Enum):
    RED = "red"
    AT = NOW


# A value, and what it becomes.
VALUES: list[tuple[Any, Any]] = [
    (NOW, "2024-02-29T12:30:15.250000"),
    (NOW.replace(tzinfo=BERLIN), "2024-02-29T12:30:15.250000+01:00"),
    (NOW.date(), "2024-02-29"),
    (NOW.time(), "12:30:15.250000"),
    (datetime.timedelta(hours=1, milliseconds=5), 3600.005),
    (decimal.Decimal("1.10"), "1.10"),
    (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
    (Colour.RED, "red"),
    (Colour.AT, "2024-02-29T12:30:15.250000"),
    ((1, 2), [1, 2]),
    (types.MappingProxyType({"a": NOW.date()}), {"a": "2024-02-29"}),
    (collections.ChainMap({"a": 1}), {"a": 1}),
    (numpy.int64(7), 7),
    (numpy.uint64(2**64 - 1), 2**64 - 1),
    (numpy.float32(0.5), 0.5),
    (numpy.float64(0.5), 0.5),
    (numpy.bool_(True), True),
    (numpy.str_("a"), "a"),
    (numpy.array([1, 2]), [1, 2]),
    (numpy.array([[1.5], [2.5]]), [[1.5], [2.5]]),
    (numpy.datetime64("2024-02-29T12:30:15.250"), "2024-02-29T12:30:15.250000"),
    (numpy.datetime64("2024-02-29T12:30:15.250000001"), "2024-02-29T12:30:15.250000001"),
    (numpy.datetime64("2024-02-29", "ns"), "2024-02-29T00:00:00"),
    (numpy.datetime64("NaT"), None),
    (numpy.timedelta64(1500, "ms"), 1.5),
    (numpy.timedelta64(1500, "ns"), 1.5e-06),
    (numpy.timedelta64("NaT"), None),
    (numpy.array(["2024-02-29"], "M8[ns]"), ["2024-02-29T00:00:00"]),
    (pandas.Timestamp("2024-02-29"), "2024-02-29T00:00:00"),
    (pandas.Timedelta("1s"), 1.0),
    (pandas.NaT, None),
    (pandas.NA, None),
    ([NOW, {"a": (NOW,)}], ["2024-02-29T12:30:15.250000", {"a": ["2024-02-29T12:30:15.250000"]}]),
]


def stored(target: MemoryTarget) -> list[Any]:
    """Return the field x of all documents, as a server gets it."""
    return [row["x"] for row in loads(dumps(target.plain()))]


def load_all(source: Any, target: Any, **options: Any) -> Any:
    Path("failed").unlink(missing_ok=True)
    return load(source, target, "c", dead_letter="failed", client_keys=False, **options)


@pytest.mark.parametrize(("value", "plain"), VALUES, ids=[str(type(v).__name__) for v, _ in VALUES])
def test_values_of_dicts_and_frames(target: MemoryTarget, value: Any, plain: Any) -> None:
    """In a dict, within lists and dicts, and in a frame of pandas."""
    report = load_all([{"x": value}, {"x": [value]}, {"x": {"y": value}}], target)
    assert report.first_failures == ()
    assert stored(target) == [plain, [plain], {"y": plain}]
    frame = pandas.DataFrame({"x": pandas.Series([value], dtype=object)})
    target.documents.clear()
    assert load_all(frame, target).documents == 1
    assert stored(target) == [plain]


@pytest.mark.parametrize(
    "value",
    [b"x", bytearray(b"x"), {1}, frozenset(), object(), 1j, range(3), float("inf"), -float("inf")],
    ids=repr,
)
def test_values_that_fail(target: MemoryTarget, value: Any) -> None:
    """The row fails and names the place, in dicts and frames alike; it loads without the field."""
    rows = [{"x": value, "y": 1}]
    frame = pandas.DataFrame({"x": pandas.Series([value], dtype=object), "y": [1]})
    for source in (rows, frame):
        report = load_all(source, target)
        assert (report.documents, report.failed) == (0, 1)
        assert "$.x" in report.first_failures[0]
        assert load_all(source, target, drop=["x"]).documents == 1


def test_missing_numbers(target: MemoryTarget) -> None:
    """NaN is how frames and tables write that there is none; elsewhere it is no value."""
    nan = float("nan")
    for source in (
        pandas.DataFrame({"x": [nan]}),
        polars.DataFrame({"x": [nan]}),
        pyarrow.table({"x": [nan]}),
    ):
        load_all(source, target)
    assert stored(target) == [None, None, None]
    assert load_all([{"x": nan}], target).failed == 1


def test_python_values_and_options(target: MemoryTarget) -> None:
    """Types and keys are made of plain values, as a frame would have them."""
    rows = [{"k": uuid.UUID(int=1), "t": NOW, "d": decimal.Decimal("1.5"), "n": numpy.int64(3)}]
    options: dict[str, Any] = {
        "key_field": "k",
        "types": {"t": "str", "d": "float", "n": "int"},
        "merge_attributes": {"m": "[n]/[t]"},
    }
    expected = {
        "k": "00000000-0000-0000-0000-000000000001",
        "t": NOW.isoformat(),
        "d": 1.5,
        "n": 3,
        "m": f"3/{NOW.isoformat()}",
    }
    for source in (rows, pandas.DataFrame(rows)):
        target.documents.clear()
        report = load_all(source, target, **options)
        assert report.first_failures == ()
        assert target.plain() == [expected]
        assert list(target.documents) == [expected["k"]]
    assert load_all([{"x": decimal.Decimal("1.5")}], target, types={"x": "int"}).failed == 1


def test_failed_rows_keep_their_values(target: MemoryTarget) -> None:
    """A row with a time that failed can be loaded again."""
    report = load_all([{"x": NOW, "n": "y"}], target, types={"n": "int"})
    assert report.failed == 1
    assert letters("failed")[0]["row"] == {"x": NOW.isoformat(), "n": "y"}


def test_rows_with_text_that_is_no_unicode(target: MemoryTarget) -> None:
    """They fail as elsewhere, name the place, and are written down."""
    report = load_all([{"x": "\ud83d"}, {"\ud83d": 1}, {"x": ["a", "\ude00"]}, {"x": 1}], target)
    assert (report.documents, report.failed) == (1, 3)
    assert "$.x" in report.first_failures[0]
    assert len(letters("failed")) == 3


# Times that Python does not have

FAR = [
    pyarrow.array([-62135596800000000], pyarrow.timestamp("us", tz="America/New_York")),
    pyarrow.array([10**18], pyarrow.timestamp("us")),
    pyarrow.array([-(10**14)], pyarrow.timestamp("ms")),
    pyarrow.array([10**8], pyarrow.date32()),
    pyarrow.array([-(10**15)], pyarrow.date64()),
]


@pytest.mark.parametrize("column", FAR, ids=lambda column: str(column.type))
@pytest.mark.parametrize("kind", ["parquet", "arrow", "table", "polars"])
def test_times_out_of_range(target: MemoryTarget, tmp_path: Path, column: Any, kind: str) -> None:
    """Their row fails; others, and the row without the field, are loaded."""
    good = pyarrow.array([0], pyarrow.int32() if column.type == "date32" else pyarrow.int64())
    whole = pyarrow.chunked_array([column, good.cast(column.type)])
    table = pyarrow.table({"x": whole, "y": [1, 2]}).combine_chunks()
    source: Any = table
    if kind == "parquet":
        if column.type == "date64":
            return  # written as date32
        source = tmp_path / "a.parquet"
        pyarrow.parquet.write_table(table, source)
    elif kind == "arrow":
        source = tmp_path / "a.arrow"
        with (
            pyarrow.OSFile(str(source), "wb") as sink,
            pyarrow.ipc.new_file(sink, table.schema) as out,
        ):
            out.write_table(table)
    elif kind == "polars":
        source = polars.from_arrow(table)
    report = load_all(source, target)
    assert (report.documents, report.failed) == (1, 1)
    assert report.first_failures == ("row 1: a time is outside of the years 1 to 9999 (at $.x)",)
    assert load_all(source, target, drop=["x"]).documents == 2


@given(st.lists(st.integers(0, 4 * 10**18), min_size=1, max_size=3), st.booleans())
def test_nanoseconds(values: list[int], zoned: bool) -> None:
    """All digits are kept, the same by Arrow, polars, pandas and numpy."""
    target = MemoryTarget()
    kind = pyarrow.timestamp("ns", "Europe/Berlin" if zoned else None)
    table = pyarrow.table({"x": pyarrow.array(values, kind)})
    expected = [pandas.Timestamp(v, tz="UTC").tz_convert(kind.tz).isoformat() for v in values]
    for source in (table, polars.from_arrow(table), table.to_pandas()):
        target.documents.clear()
        assert load_all(source, target).documents == len(values)
        assert stored(target) == expected


def test_nanoseconds_of_a_day(target: MemoryTarget) -> None:
    """So they are in times without a day."""
    table = pyarrow.table({"x": pyarrow.array([1, 1000, 0, None], pyarrow.time64("ns"))})
    expected = ["00:00:00.000000001", "00:00:00.000001", "00:00:00", None]
    for source in (table, polars.from_arrow(table)):
        target.documents.clear()
        load_all(source, target)
        assert stored(target) == expected


def test_a_time_zone_that_is_not_known(target: MemoryTarget) -> None:
    """The row fails and names the type."""
    table = pyarrow.table({"x": pyarrow.array([1], pyarrow.timestamp("us", tz="Foo/Bar"))})
    report = load_all(table, target)
    assert report.failed == 1
    assert "Foo/Bar" in report.first_failures[0]


def test_a_table_without_columns(target: MemoryTarget) -> None:
    """Its rows are empty documents."""
    table = pyarrow.table({"x": [1, 2]}).select([])
    assert load_all(table, target).documents == table.num_rows


# The client's own serializer


def by_user(value: Any) -> str:
    """Times as seconds, sets as lists, all else as the standard library has it."""

    def other(item: Any) -> Any:
        if isinstance(item, datetime.datetime):
            return item.replace(tzinfo=datetime.timezone.utc).timestamp()
        if isinstance(item, frozenset):
            return sorted(item)
        raise TypeError

    return json.dumps(value, default=other)


@pytest.fixture
def real(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Undo the collection in memory."""
    monkeypatch.undo()


@pytest.mark.parametrize("driver", ["ours", "python-arango", "manager"])
def test_a_serializer_of_the_user(
    real: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, driver: str
) -> None:
    """It goes before our rules, for dicts and frames; what it refuses, they are asked about."""
    monkeypatch.chdir(tmp_path)
    rows = [{"_key": "a", "t": NOW, "s": frozenset("ba"), "l": [NOW], "d": NOW.date(), "n": 1}]
    expected = {"t": 1709209815.25, "s": ["a", "b"], "l": [1709209815.25], "d": "2024-02-29"}
    with LocalServer() as server:
        if driver == "python-arango":
            client: Any = pytest.importorskip("arango").ArangoClient(
                hosts=server.url, serializer=by_user
            )
        else:
            client = ArangoClient(hosts=server.url, serializer=by_user)
        db = client.db()
        for source in (rows, pandas.DataFrame(rows)):
            if driver == "manager":
                with JobManager(db) as jobs:
                    report = load(source, jobs, "c", on_duplicate="replace")
            else:
                report = load(source, db, "c", on_duplicate="replace")
            assert report.first_failures == ()
            found = db.collection("c").get("a")
            assert {name: found[name] for name in expected} == expected
        client.close()
