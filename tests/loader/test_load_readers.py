"""What is read from each kind of input, and how what cannot be read is told."""

from __future__ import annotations

import bz2
import datetime
import decimal
import gzip
import io
import json
import lzma
import sys
from pathlib import Path
from typing import Any

import pandas
import polars
import pyarrow
import pyarrow.ipc
import pyarrow.parquet
import pytest

from arango_jobs.errors import OptionError
from arango_jobs.loader import LoadOptions, SourceError
from arango_jobs.loader.rows import Row
from arango_jobs.loader.sources import open_source


def read(source: Any, **options: Any) -> list[Row]:
    opened = open_source(source, LoadOptions(**options))
    try:
        return list(opened)
    finally:
        opened.close()


def documents(source: Any, **options: Any) -> list[Any]:
    return [row.document for row in read(source, **options)]


def file(path: Path, data: str | bytes) -> Path:
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.csv", "x,y\n1,é\n2,\n"),
        ("a.tsv", "x\ty\n1\té\n2\t\n"),
        ("no_ending", "x,y\n1,é\n2,\n"),
        ("bom.csv", "\ufeffx,y\r\n1,é\r\n2,\r\n"),
        ("a.jsonl", '{"x":"1","y":"é"}\n\n{"x":"2","y":""}'),
        ("a.json", '\ufeff{"x":"1","y":"é"}\n{"x":"2","y":""}\n'),
        ("b.json", ' [{"x":"1","y":"é"},\n{"x":"2","y":""}]\n'),
        ("no_ending_2", '[{"x":"1","y":"é"},{"x":"2","y":""}]'),
    ],
)
def test_each_format_is_recognised(tmp_path: Path, name: str, data: str) -> None:
    """The ending of the name decides, and the first bytes where it says nothing."""
    path = file(tmp_path / name, data)
    assert documents(path) == [{"x": "1", "y": "é"}, {"x": "2", "y": ""}]


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_compressed(tmp_path: Path, pack: Any) -> None:
    """A compressed file is unpacked, whatever it is called."""
    assert documents(file(tmp_path / "a.csv.packed", pack(b"x\n1\n"))) == [{"x": "1"}]


def test_several_compressed_parts_in_one_file(tmp_path: Path) -> None:
    """Files put one after the other are one file, as gzip has it."""
    data = gzip.compress(b'{"x":1}\n') + gzip.compress(b'{"x":2}\n')
    assert documents(file(tmp_path / "a.jsonl.gz", data)) == [{"x": 1}, {"x": 2}]


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """ "-" is standard input, compressed or not."""
    packed = io.BufferedReader(io.BytesIO(gzip.compress(b"x\n1\n")))  # type: ignore[arg-type]
    monkeypatch.setattr(sys, "stdin", type("Stdin", (), {"buffer": packed}))
    assert documents("-") == [{"x": "1"}]


def test_lines_and_numbers_of_csv(tmp_path: Path) -> None:
    """A row knows its line, also after a cell with line breaks and an empty line."""
    rows = read(file(tmp_path / "a.csv", 'x,y\n"a\nb",1\n\nc,2\n'))
    assert [(row.number, row.line) for row in rows] == [(1, 2), (2, 5)]
    assert rows[0].document == {"x": "a\nb", "y": "1"}


def test_malformed_csv_rows(tmp_path: Path) -> None:
    """Each malformed row is named; those around it are read."""
    data = b'x,y\n1\n2,3\n4,5,6\n"7"8,9\n\xff,1\nok,ok\n"open,1\n'
    rows = read(file(tmp_path / "a.csv", data))
    assert [(row.line, row.problem and row.problem.message) for row in rows] == [
        (2, "malformed CSV: cells: 1, columns: 2"),
        (3, None),
        (4, "malformed CSV: cells: 3, columns: 2"),
        (5, "malformed CSV: ',' expected after '\"'"),
        (6, "some bytes are no UTF-8; what encoding has the file?"),
        (7, None),
        (8, "malformed CSV: unexpected end of data"),
    ]
    assert rows[0].text == "1"


def test_csv_options(tmp_path: Path) -> None:
    """Encoding, delimiter and names of columns can be given."""
    path = file(tmp_path / "a.csv", "é;1\n".encode("latin-1"))
    options = {"encoding": "latin-1", "delimiter": ";", "columns": ["x", "y"]}
    assert documents(path, **options) == [{"x": "é", "y": "1"}]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("x,x\n", "two columns are called 'x'"),
        (
            "\nx,\n",
            "column 2 has no readable name; name all of them with columns, and leave this line "
            "out with skip_lines 2",
        ),
    ],
)
def test_unusable_header(tmp_path: Path, data: str, message: str) -> None:
    """Columns that cannot be told apart end the load before it begins."""
    path = file(tmp_path / "a.csv", data)
    with pytest.raises(SourceError) as caught:
        read(path)
    assert caught.value.message == f"{path}: {message}"


def test_malformed_json_lines(tmp_path: Path) -> None:
    """Each malformed line is named; those around it are read."""
    data = b'{"a":1}\n{"a":\n[1]\n7\nnull\n{"a":"\xff"}\n{"a":123456789012345678901}\n{"a":2}\n'
    rows = read(file(tmp_path / "a.jsonl", data))
    assert [row.line for row in rows if row.problem is None] == [1, 8]
    messages = {row.line: row.problem.message for row in rows if row.problem}
    assert messages[3] == "a JSON object is needed, not an array"
    assert messages[4] == "a JSON object is needed, not a number"
    assert messages[5] == "a JSON object is needed, not null"
    assert messages[7].endswith("does not fit in 64 bits; write it as a string")
    assert rows[1].text == '{"a":'


@pytest.mark.parametrize(
    ("value", "text"),
    [(2**64 - 1, "18446744073709551615"), (-(2**63), "-9223372036854775808")],
)
def test_large_integers_in_json_lines(tmp_path: Path, value: int, text: str) -> None:
    """What 64 bits hold is read exactly."""
    assert documents(file(tmp_path / "a.jsonl", f'{{"a":{text}}}\n')) == [{"a": value}]


@pytest.mark.parametrize(
    "text", ['[{"a":1},{"a":2},{"a":', '[{"a":1},{"a":2},{"a":]', '[{"a":1},{"a":2}] x']
)
def test_an_array_that_is_not_closed(tmp_path: Path, text: str) -> None:
    """What stands before the fault is read, then the row is named."""
    path = file(tmp_path / "a.json", text)
    opened = open_source(path, LoadOptions())
    rows = []
    with pytest.raises(SourceError, match="malformed JSON after row 2"):
        rows.extend(opened)
    opened.close()
    assert len(rows) == 2


def test_elements_of_an_array_that_are_no_objects(tmp_path: Path) -> None:
    """They fail alone."""
    rows = read(file(tmp_path / "a.json", '[1,{"a":1.5}]'))
    assert rows[0].problem is not None
    assert rows[1].document == {"a": 1.5}
    assert type(rows[1].document["a"]) is float


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.csv", b"x\n\0\n", "is no text: byte 2 is 0; it should hold CSV, JSON lines or"),
        ("a.xlsx", b"PK\x03\x04....", "is a ZIP archive (an Excel workbook?); save it as CSV"),
        ("a.csv", "x\n1\n".encode("utf-16"), "is text in UTF-16; say so with encoding utf-16"),
        ("a.gz", gzip.compress(b"x\n" * 9999)[:40], "is damaged or cut short"),
        ("a.gz", gzip.compress(b"x\n1\n")[:-6] + b"abcdef", "is damaged or cut short"),
        ("a.parquet", b"PAR1 no more", "is no Parquet file"),
        ("a.arrow", b"ARROW1 no more", "is no Arrow file"),
    ],
)
def test_files_of_the_wrong_kind(tmp_path: Path, name: str, data: bytes, message: str) -> None:
    """They are named, with what they are."""
    path = file(tmp_path / name, data)
    with pytest.raises(SourceError) as caught:
        read(path)
    assert f"{path} {message}" in caught.value.message


def test_utf_16(tmp_path: Path) -> None:
    """Another encoding is read when it is named."""
    path = file(tmp_path / "a.csv", "x\né\n".encode("utf-16"))
    assert documents(path, encoding="utf-16") == [{"x": "é"}]


@pytest.mark.parametrize("encoding", ["ascii", "utf-8", "cp1252", "shift_jis"])
def test_wrong_encoding_spoils_one_row(tmp_path: Path, encoding: str) -> None:
    """Bytes that are no text in the encoding fail their row, whatever the encoding is."""
    path = file(tmp_path / "a.csv", b"x\n\x81\xff\nok\n")
    first, second = read(path, encoding=encoding)
    assert first.problem is not None
    assert first.problem.message.startswith(f"some bytes are no {encoding.upper()}; what")
    assert second.document == {"x": "ok"}
    (row,) = read(file(tmp_path / "a.jsonl", b'{"a":"\x81\xff"}\n'), encoding=encoding)
    assert row.problem is not None


def test_no_file_and_a_directory(tmp_path: Path) -> None:
    """Both are named."""
    with pytest.raises(SourceError, match="there is no file"):
        read(tmp_path / "nope.csv")
    with pytest.raises(SourceError, match="is a directory; name a file in it"):
        read(tmp_path)


ROWS = [
    {"n": 1, "x": 1.5, "s": "é", "t": datetime.date(2024, 2, 29), "l": [1, 2]},
    {"n": 2, "x": None, "s": None, "t": None, "l": []},
]
PLAIN = [
    {"n": 1, "x": 1.5, "s": "é", "t": "2024-02-29", "l": [1, 2]},
    {"n": 2, "x": None, "s": None, "t": None, "l": []},
]


def test_parquet(tmp_path: Path) -> None:
    """Columns are known, values become JSON's."""
    path = str(tmp_path / "a.parquet")
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(ROWS), path)
    assert documents(path) == PLAIN
    assert open_source(path, LoadOptions()).columns == ("n", "x", "s", "t", "l")


@pytest.mark.parametrize("writer", [pyarrow.ipc.new_file, pyarrow.ipc.new_stream])
def test_arrow(tmp_path: Path, writer: Any) -> None:
    """Both of Arrow's formats are read."""
    table = pyarrow.Table.from_pylist(ROWS)
    path = str(tmp_path / "a.arrow")
    with pyarrow.OSFile(path, "wb") as sink, writer(sink, table.schema) as out:
        out.write_table(table)
    assert documents(path) == PLAIN


def test_frames() -> None:
    """pandas, polars and pyarrow give the same rows."""
    table = pyarrow.Table.from_pylist(ROWS)
    assert documents(table) == PLAIN
    assert documents(table.to_batches()[0]) == PLAIN
    assert documents(table.to_reader()) == PLAIN
    assert documents(polars.DataFrame(ROWS)) == PLAIN
    assert documents(polars.DataFrame(ROWS).lazy()) == PLAIN
    assert documents(pandas.DataFrame(ROWS)) == PLAIN


def test_missing_values_of_pandas() -> None:
    """NaN, NaT and NA become null, and numpy's numbers numbers."""
    frame = pandas.DataFrame(
        {
            "x": [float("nan"), 1.0],
            "t": [pandas.NaT, pandas.Timestamp("2024-01-02")],
            "i": pandas.array([None, 3], dtype="Int64"),
        }
    )
    assert documents(frame) == [
        {"x": None, "t": None, "i": None},
        {"x": 1.0, "t": "2024-01-02T00:00:00", "i": 3},
    ]


def test_values_that_json_cannot_carry() -> None:
    """Digits of decimals are kept; bytes are left to whoever converts or drops them."""
    table = pyarrow.table({"d": [decimal.Decimal("1.10")]})
    assert documents(table) == [{"d": "1.10"}]
    assert documents(pyarrow.table({"b": [b"x"]})) == [{"b": b"x"}]


def test_iterables() -> None:
    """Dicts are taken as they are; what is none fails alone."""
    rows = read(iter([{"a": 1}, 5]))
    assert rows[0].document == {"a": 1}
    assert rows[1].problem is not None
    assert rows[1].problem.message == "a dict is needed, not int"


@pytest.mark.parametrize("source", [5, None, {"a": 1}])
def test_what_is_no_source(source: Any) -> None:
    """A single document or a number is refused."""
    with pytest.raises(OptionError, match="a load takes a path, a frame or an iterable of dicts"):
        open_source(source, LoadOptions())


def test_failed_rows_are_unpacked(tmp_path: Path) -> None:
    """A file of failed rows gives the rows, and keeps the keys we had made."""
    records = [
        {"number": 7, "line": 8, "row": {"a": 1}, "key": "l1-7", "error": {"code": 1}},
        {"number": 8, "line": 9, "row": None, "text": "x", "error": {"code": 0}},
    ]
    rows = read(file(tmp_path / "f.jsonl", "\n".join(map(json.dumps, records))))
    assert (rows[0].document, rows[0].made_key) == ({"a": 1}, "l1-7")
    assert rows[1].problem is not None


def test_rows_that_only_look_like_failed_ones(tmp_path: Path) -> None:
    """Documents of which only a later one has such fields stay as they are."""
    lines = ['{"a":1}', '{"row":{},"line":1,"error":{}}']
    assert documents(file(tmp_path / "f.jsonl", "\n".join(lines)))[1] == json.loads(lines[1])
