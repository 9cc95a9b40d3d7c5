"""One reader's rules are all readers' rules.

The same rows, written by other libraries in each format, encoding and compression, give the
same documents; the same text gets the same verdict on a line, in an array and over lines.
"""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import lzma
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas
import polars
import pyarrow
import pyarrow.csv
import pyarrow.feather
import pyarrow.ipc
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from loader_support import MemoryTarget

from arango_jobs.loader import LoadOptions, LoadReport, SourceError, load
from arango_jobs.loader.sources import open_source

pytestmark = pytest.mark.usefixtures("target")

quick = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "": lambda data: data,
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
}
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "latin-1", "cp1252"]

# What every encoding above can write, controls but line ends left out.
letters = st.characters(codec="latin-1", exclude_categories=["Cc", "Cs"])
words = st.text(letters, max_size=8)
names = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=5).filter(
    lambda name: name != "bad"  # what the collection in memory refuses
)
numbers = st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | numbers | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=6,
)


def read(source: Any, **options: Any) -> tuple[list[Any], list[str]]:
    """Return the documents that a source holds, and why other rows fail."""
    target = MemoryTarget()
    report = into(target, source, **options)
    assert report.documents == len(target.documents)
    return target.plain(), [line.partition(": ")[2] for line in report.first_failures]


def into(target: MemoryTarget, source: Any, **options: Any) -> LoadReport:
    return load(source, target, "c", dead_letter="/dev/null", client_keys=False, **options)


def packed(path: Path, data: bytes, packing: str) -> Path:
    path = path.with_name(path.name + packing)
    path.write_bytes(PACKERS[packing](data))
    return path


@st.composite
def tables(draw: st.DrawFn, cells: st.SearchStrategy[str]) -> tuple[list[str], list[list[str]]]:
    """Columns and rows of text. A single empty cell is a blank line, which is no row."""
    columns = draw(st.lists(names, min_size=2, max_size=4, unique=True))
    row = st.lists(cells, min_size=len(columns), max_size=len(columns))
    return columns, draw(st.lists(row, max_size=5))


def dicts(table: tuple[list[str], list[list[str]]]) -> list[dict[str, str]]:
    return [dict(zip(table[0], row, strict=True)) for row in table[1]]


def by_csv(columns: list[str], rows: list[list[str]], **dialect: Any) -> str:
    out = io.StringIO()
    writer = csv.writer(out, **dialect)
    writer.writerows([columns, *rows])
    return out.getvalue()


def by_pandas(columns: list[str], rows: list[list[str]], **dialect: Any) -> str:
    sep = dialect.get("delimiter", ",")
    return str(pandas.DataFrame(rows, columns=columns).to_csv(index=False, sep=sep))


def by_polars(columns: list[str], rows: list[list[str]], **dialect: Any) -> str:
    frame = polars.DataFrame(rows, schema=dict.fromkeys(columns, polars.String), orient="row")
    return frame.write_csv(separator=dialect.get("delimiter", ","), quote_style="non_numeric")


def by_pyarrow(columns: list[str], rows: list[list[str]], **dialect: Any) -> str:
    arrays = [pyarrow.array([row[n] for row in rows], "string") for n in range(len(columns))]
    sink = pyarrow.BufferOutputStream()
    options = pyarrow.csv.WriteOptions(delimiter=dialect.get("delimiter", ","))
    pyarrow.csv.write_csv(pyarrow.table(dict(zip(columns, arrays, strict=True))), sink, options)
    return sink.getvalue().to_pybytes().decode()


@quick
@given(
    tables(words | st.sampled_from(['"', "a\nb", "a,b", ";", '"a"', " x ", "\t", "'"])),
    st.sampled_from([by_csv, by_pandas, by_polars, by_pyarrow]),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(ENCODINGS),
    st.sampled_from(list(PACKERS)),
)
def test_csv(
    tmp_path: Path, table: Any, write: Any, delimiter: str, encoding: str, packing: str
) -> None:
    """What other libraries write as CSV, in each encoding and compression."""
    text = write(*table, delimiter=delimiter)
    path = packed(tmp_path / "a.csv", text.encode(encoding), packing)
    assert read(path, delimiter=delimiter, encoding=encoding) == (dicts(table), [])


@quick
@given(
    tables(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]))),
    st.sampled_from(list(PACKERS)),
)
def test_tsv(tmp_path: Path, table: Any, packing: str) -> None:
    """Cells of TSV are what stands between tabs, quotes and all."""
    lines = ["\t".join(row) for row in [table[0], *table[1]]]
    path = packed(tmp_path / "a.tsv", "".join(f"{line}\n" for line in lines).encode(), packing)
    assert read(path) == (dicts(table), [])


@quick
@given(
    tables(words | st.sampled_from(['"', "a'b", "a\\b", "~", "a,b", "\\"])),
    st.sampled_from(["'", '"', "~"]),
    st.sampled_from([None, "\\", "^"]),
)
def test_quotes_and_escapes(tmp_path: Path, table: Any, quote: str, escape: str | None) -> None:
    """Each quote, doubled or escaped, and each escape."""
    text = by_csv(*table, quotechar=quote, escapechar=escape, doublequote=escape is None)
    path = packed(tmp_path / "a.csv", text.encode(), "")
    assert read(path, quote=quote, escape=escape) == (dicts(table), [])
    bare = by_csv(*table, quoting=csv.QUOTE_NONE, escapechar="\\", quotechar=None)
    path = packed(tmp_path / "b.csv", bare.encode(), "")
    assert read(path, quote="none", escape="\\") == (dicts(table), [])


JSON_WRITERS: dict[str, tuple[str, Callable[[list[Any]], str]]] = {
    "lines": ("a.jsonl", lambda rows: "".join(json.dumps(row) + "\n" for row in rows)),
    "raw lines": (
        "a.ndjson",
        lambda rows: "".join(json.dumps(row, ensure_ascii=False) + "\r\n" for row in rows),
    ),
    "array": ("a.json", json.dumps),
    "pretty array": ("a.json", lambda rows: json.dumps(rows, indent=2, ensure_ascii=False)),
    "pretty documents": (
        "a.json",
        lambda rows: "\n".join(json.dumps(row, indent=1) for row in rows),
    ),
    "tight array": ("a.json", lambda rows: json.dumps(rows, separators=(",", ":"))),
    "pandas lines": (
        "a.jsonl",
        lambda rows: (
            pandas.Series(rows, dtype=object).to_json(orient="records", lines=True)
            if all(_is_small(row) for row in rows)
            else "".join(json.dumps(row) + "\n" for row in rows)
        ),
    ),
}


def _is_small(value: Any) -> bool:
    """Whether pandas writes it as it is: it rounds numbers with many digits."""
    if isinstance(value, dict):
        return all(map(_is_small, value.values()))
    if isinstance(value, list):
        return all(map(_is_small, value))
    return not isinstance(value, float) and (not isinstance(value, int) or abs(value) < 2**53)


@quick
@given(
    st.lists(st.dictionaries(names, values, max_size=4), max_size=5),
    st.sampled_from(list(JSON_WRITERS)),
    st.sampled_from(ENCODINGS),
    st.sampled_from(list(PACKERS)),
)
def test_json(tmp_path: Path, rows: Any, writer: str, encoding: str, packing: str) -> None:
    """Lines, arrays and documents over several lines, in each encoding and compression."""
    name, write = JSON_WRITERS[writer]
    path = packed(tmp_path / name, write(rows).encode(encoding), packing)
    assert read(path, encoding=encoding) == (rows, [])


columns = st.fixed_dictionaries(
    {
        "i": st.lists(st.none() | st.integers(-(2**63), 2**63 - 1), min_size=3, max_size=3),
        "f": st.lists(
            st.none() | st.floats(allow_nan=False, allow_infinity=False), min_size=3, max_size=3
        ),
        "s": st.lists(st.none() | st.text(max_size=5), min_size=3, max_size=3),
        "b": st.lists(st.none() | st.booleans(), min_size=3, max_size=3),
        "t": st.lists(st.none() | st.datetimes(), min_size=3, max_size=3),
        "d": st.lists(st.none() | st.dates(), min_size=3, max_size=3),
        "o": st.lists(st.none() | st.times(), min_size=3, max_size=3),
        "n": st.lists(st.none() | st.decimals(0, 99, places=2), min_size=3, max_size=3),
        "l": st.lists(st.lists(st.integers(0, 9), max_size=2), min_size=3, max_size=3),
    }
)
SCHEMA = pyarrow.schema(
    {
        "i": "int64",
        "f": "float64",
        "s": "string",
        "b": "bool",
        "t": pyarrow.timestamp("us"),
        "d": "date32",
        "o": pyarrow.time64("us"),
        "n": pyarrow.decimal128(6, 2),
        "l": pyarrow.list_(pyarrow.int64()),
    }
)


def by_ipc(open_writer: Any) -> Callable[[Path, pyarrow.Table], None]:
    def write(path: Path, table: pyarrow.Table) -> None:
        with pyarrow.OSFile(str(path), "wb") as sink, open_writer(sink, table.schema) as out:
            out.write_table(table)

    return write


TABLE_WRITERS: dict[str, Callable[[Path, Any], None]] = {
    "a.parquet": lambda path, table: pyarrow.parquet.write_table(table, path),
    "b.parquet": lambda path, table: polars.from_arrow(table).write_parquet(path),
    "c.parquet": lambda path, table: table.to_pandas(types_mapper=pandas.ArrowDtype).to_parquet(
        path
    ),
    "a.arrow": by_ipc(pyarrow.ipc.new_file),
    "b.arrow": by_ipc(pyarrow.ipc.new_stream),
    "a.feather": lambda path, table: pyarrow.feather.write_feather(table, str(path)),
    "b.feather": lambda path, table: polars.from_arrow(table).write_ipc(path),
}


def plain_rows(table: dict[str, list[Any]]) -> list[dict[str, Any]]:
    """Return the documents by the manual's words."""

    def plain(value: Any) -> Any:
        if hasattr(value, "isoformat"):
            return value.isoformat()
        return f"{value:.2f}" if type(value).__name__ == "Decimal" else value

    return [
        {name: plain(value) for name, value in zip(table, row, strict=True)}
        for row in zip(*table.values(), strict=True)
    ]


@quick
@given(columns, st.sampled_from(list(TABLE_WRITERS)), st.sampled_from(list(PACKERS)))
def test_files_of_tables(tmp_path: Path, values: Any, writer: str, packing: str) -> None:
    """Parquet, Arrow and Feather of three libraries, compressed from outside too."""
    path = tmp_path / writer
    TABLE_WRITERS[writer](path, pyarrow.table(values, schema=SCHEMA))
    path = packed(path, path.read_bytes(), packing)
    assert read(path) == (plain_rows(values), [])


@quick
@given(columns)
def test_frames_and_iterables(values: Any) -> None:
    """A frame gives what the same values in dicts give."""
    table = pyarrow.table(values, schema=SCHEMA)
    expected = (plain_rows(values), [])
    rows = [dict(zip(values, row, strict=True)) for row in zip(*values.values(), strict=True)]
    assert read(rows) == expected
    assert read(iter(rows)) == expected
    assert read(table) == expected
    assert read(table.to_reader()) == expected
    assert read(polars.from_arrow(table)) == expected
    frame = table.to_pandas(types_mapper=pandas.ArrowDtype)
    assert read(frame) == expected


def test_standard_input_of_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Parquet and Arrow come through a pipe as well."""
    for name in ("a.parquet", "a.arrow", "b.arrow"):
        path = tmp_path / name
        TABLE_WRITERS[name](path, pyarrow.table({"x": [1, 2]}))
        pipe = io.BufferedReader(io.BytesIO(path.read_bytes()))  # type: ignore[arg-type]
        monkeypatch.setattr("sys.stdin", type("Stdin", (), {"buffer": pipe}))
        assert read("-") == ([{"x": 1}, {"x": 2}], [])


# One text, and whether it is a document. As JSON test suites have them: accepted, refused,
# and what implementations differ about.
TEXTS = {
    '{"a":1}': True,
    '{"a":1,"a":2}': True,
    '{"":0}': True,
    '{"a":"\\u0000"}': True,
    '{"a":"\\ud83d\\ude00"}': True,
    '{"a":"\\uD888\\u1234"}': False,
    '{"a":"\\ud83d"}': False,
    '{"a":"\\ude00"}': False,
    '{"\\ud83d":1}': False,
    '{"a":NaN}': False,
    '{"a":Infinity}': False,
    '{"a":-Infinity}': False,
    '{"a":nan}': False,
    '{"a":1e400}': False,
    '{"a":1e-400}': True,
    '{"a":-0}': True,
    '{"a":-0.0}': True,
    '{"a":01}': False,
    '{"a":+1}': False,
    '{"a":.5}': False,
    '{"a":5.}': False,
    '{"a":0x1F}': False,
    '{"a":1_000}': False,
    '{"a":18446744073709551615}': True,
    '{"a":18446744073709551616}': False,
    '{"a":-9223372036854775808}': True,
    '{"a":-9223372036854775809}': False,
    '{"a":0.30000000000000004}': True,
    '{"a":123456789012345678901234567890.0}': True,
    '{"a":[[[[1]]],{"b":[{}]}]}': True,
    '{"a":"]}[{,"}': True,
    '{"a":"\\"]},{\\\\"}': True,
    '{"a":1,}': False,
    '{,"a":1}': False,
    '{"a" 1}': False,
    '{"a":}': False,
    '{"a":1 "b":2}': False,
    "{'a':1}": False,
    "{a:1}": False,
    '{"a":"\\x41"}': False,
    '{"a":"\\u12"}': False,
    '{"a":"\t"}': False,
    '{"a":tru}': False,
    '{"a":True}': False,
    '{"a":1}{"b":2}': False,
    '{"a":/*c*/1}': False,
    '{"a":[1,]}': False,
    '{"a":[,1]}': False,
    '{"a":"é€😀"}': True,
    '{"a":"\ufeff"}': True,
    "[1]": False,
    "1": False,
    '"a"': False,
    "null": False,
    "true": False,
    "NaN": False,
    '{"a":' + "[" * 900 + "]" * 900 + "}": True,
    '{"a":' + "[" * 5000 + "]" * 5000 + "}": False,
}


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text[:30].encode().hex()[:20])
def test_one_text_has_one_verdict(tmp_path: Path, text: str) -> None:
    """On a line, among lines, in an array, and as the cell of a CSV file with the type json."""
    good = '{"ok":1}'
    line = packed(tmp_path / "a.jsonl", f"{good}\n{text}\n{good}\n".encode(), "")
    array = packed(tmp_path / "a.json", f"[{good},{text},{good}]".encode(), "")
    spaced = packed(tmp_path / "b.json", f"[ {good} ,\n {text}\n, {good} ]\n".encode(), "")
    found, failures = read(line)
    assert len(found) == 2 + TEXTS[text]
    assert len(failures) == 1 - TEXTS[text]
    for path in (array, spaced):
        again, reasons = read(path)
        assert (repr(again), reasons) == (repr(found), failures)
    cell = by_csv(["j"], [[text]])
    rows, problems = read(packed(tmp_path / "a.csv", cell.encode(), ""), types={"j": "json"})
    if TEXTS[text]:
        assert repr(rows) == repr([{"j": found[1]}])
    elif text[0] == "{":
        assert problems


@pytest.mark.parametrize(
    "text",
    [b'{"a":"\xff"}', b'{"a":"\xed\xa0\xbd"}', b'{"a":"\xc0\xaf"}', b'{"a":"\xf4\x90\x80\x80"}'],
)
def test_bytes_that_are_no_text(tmp_path: Path, text: bytes) -> None:
    """One failed row, on a line and in an array."""
    for name, data in (("a.jsonl", b'{"b":1}\n%s\n{"b":2}\n'), ("a.json", b'[{"b":1},%s,{"b":2}]')):
        found, failures = read(packed(tmp_path / name, data % text, ""))
        assert (found, len(failures)) == ([{"b": 1}, {"b": 2}], 1)


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf", b" \n", b"\xef\xbb\xbf\n\n"])
@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.json", b'[{"a":"1"}]'),
        ("a", b'[{"a":"1"}]'),
        ("a.jsonl", b'{"a":"1"}\n'),
        ("a.json", b'{"a":"1"}'),
        ("a.json", b'{\n"a":\n"1"\n}'),
        ("a.csv", b"a\n1\n"),
        ("a.tsv", b"a\n1\n"),
    ],
)
def test_what_stands_before_the_first_row(
    tmp_path: Path, name: str, data: bytes, mark: bytes
) -> None:
    """A byte order mark and blank lines are no part of any format."""
    assert read(packed(tmp_path / name, mark + data, "")) == ([{"a": "1"}], [])


@pytest.mark.parametrize("chunk", [1, 2, 3, 7, 64])
def test_arrays_read_in_pieces(monkeypatch: pytest.MonkeyPatch, chunk: int, tmp_path: Path) -> None:
    """Wherever a piece of the file ends, in strings and escapes too."""
    rows = [{"a": '\\"]},{[', "b": {"c": [{"d": "é"}]}}, {}, {"a": [[], {}]}, {"e": "x" * 300}] * 3
    path = packed(tmp_path / "a.json", json.dumps(rows, indent=1).encode(), "")
    monkeypatch.setattr("arango_jobs.loader.json_array._CHUNK", chunk)
    assert read(path) == (rows, [])


@pytest.mark.parametrize(
    ("text", "documents", "failed"),
    [
        ('{\n "a": 1\n}', 1, 0),
        ('{\n "a": [\n  {"b": 1},\n  {"b": 2}\n ]\n}\n{\n"a":2}', 2, 0),
        ('{"a":1}\n{\n "b": [\n1\n]\n}\n{"c":1}', 3, 0),
        ('{\n "a": 1,\n "b": tru\n}\n{"c":1}', 1, 1),
        ('{\n "a": 1\n "b": 2\n}\n', 0, 1),
        ('{\n "a": "x\n}\n{"c":1}', 1, 1),
        ('{\n "a": 1,\n', 0, 1),
        ('{"a":1\n{"a":2}\n{"a":3}\n', 2, 1),
        ('{"a":\n{"a":2}\n{"a":3}\n', 2, 1),
        ('{"a":"x\n{"a":2}\n{"a":3}\n', 2, 1),
        ('{"a":[\n[1]\n7\n{"a":3}\n', 1, 3),
        ('{"a":1}\n}\n{"a":3}\n', 2, 1),
    ],
)
def test_texts_over_several_lines(tmp_path: Path, text: str, documents: int, failed: int) -> None:
    """One text is one document or one failed row; a cut line does not take others with it."""
    for name in ("a.jsonl", "a.json", "a.txt"):
        path = packed(tmp_path / name, text.encode(), "")
        opened_ = open_source(path, LoadOptions())
        rows = list(opened_)
        opened_.close()
        assert sum(row.problem is None for row in rows) == documents
        assert sum(row.problem is not None for row in rows) == failed


def test_lines_of_texts_over_several_lines(tmp_path: Path) -> None:
    """Each row knows the line it begins in."""
    text = b'{"a":1}\n\n{\n"b":\n[\n]}\n{"c":\n{"d":1}\n{"e":1}\n'
    source = open_source(packed(tmp_path / "a.jsonl", text, ""), LoadOptions())
    assert [(row.number, row.line) for row in source] == [(1, 1), (2, 3), (3, 7), (4, 8), (5, 9)]
    source.close()


def test_an_array_where_lines_are_expected(tmp_path: Path) -> None:
    """It is said which format reads it."""
    path = packed(tmp_path / "a.json", b'[\n{"a":1},\n{"a":2}\n]\n', "")
    with pytest.raises(SourceError, match="is one JSON array; say so with format json"):
        read(path, format="jsonl")


def test_lines_where_an_array_is_expected(tmp_path: Path) -> None:
    """Documents one after the other are read as such, never passed over."""
    path = packed(tmp_path / "a.json", b'{"a":1}\n{"a":2}\n', "")
    assert read(path, format="json") == ([{"a": 1}, {"a": 2}], [])
