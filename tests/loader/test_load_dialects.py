"""Delimiters, quotes, headers, and files that are something else."""

from __future__ import annotations

import io
import pickle
import sqlite3
import zipfile
from pathlib import Path
from typing import Any

import pandas
import pyarrow
import pyarrow.orc
import pyarrow.parquet
import pytest

from arango_jobs.errors import OptionError
from arango_jobs.loader import LoadOptions, SourceError
from arango_jobs.loader.sources import open_source


def read(path: Path, **options: Any) -> tuple[list[Any], list[str]]:
    source = open_source(path, LoadOptions(**options))
    rows = list(source)
    source.close()
    return (
        [row.document for row in rows if row.problem is None],
        [row.problem.message for row in rows if row.problem],
    )


def file(path: Path, data: str | bytes) -> Path:
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def refusal(path: Path, **options: Any) -> str:
    with pytest.raises(SourceError) as caught:
        read(path, **options)
    return caught.value.message.removeprefix(str(path))


@pytest.fixture
def a(tmp_path: Path) -> Path:
    return tmp_path / "a.csv"


def test_tsv_has_no_quotes(tmp_path: Path) -> None:
    """A quote is data, unless it is said to be one."""
    path = file(tmp_path / "a.tsv", 'a\tb\n"Foo\t1\nx\t2\nbar"\t"3"\n')
    rows = [{"a": '"Foo', "b": "1"}, {"a": "x", "b": "2"}, {"a": 'bar"', "b": '"3"'}]
    assert read(path) == (rows, [])
    quoted = file(tmp_path / "b.tsv", 'a\tb\n"x\ty"\t"1\n2"\n')
    assert read(quoted, quote='"') == ([{"a": "x\ty", "b": "1\n2"}], [])
    assert read(path, format="csv", delimiter="\\t", quote="none") == (rows, [])


@pytest.mark.parametrize(
    ("text", "options", "row"),
    [
        ("a,b\n'x,y',1\n", {"quote": "'"}, {"a": "x,y", "b": "1"}),
        ('a,b\n"x,1\n', {"quote": "none"}, {"a": '"x', "b": "1"}),
        ('a,b\n"x\\"y",1\n', {"escape": "\\"}, {"a": 'x"y', "b": "1"}),
        ("a,b\nx\\,y,1\n", {"escape": "\\", "quote": "none"}, {"a": "x,y", "b": "1"}),
        ("a|b\nx|1\n", {"delimiter": "|"}, {"a": "x", "b": "1"}),
        ("a b\nx 1\n", {"delimiter": " "}, {"a": "x", "b": "1"}),
        ("a\tb\nx\t1\n", {"delimiter": "\t"}, {"a": "x", "b": "1"}),
        ("a\tb\nx\t1\n", {"delimiter": "\\t"}, {"a": "x", "b": "1"}),
        ("aébéc\nxé1é2\n", {"delimiter": "é"}, {"a": "x", "b": "1", "c": "2"}),
    ],
)
def test_dialects(a: Path, text: str, options: dict[str, Any], row: Any) -> None:
    """Each sign can be named."""
    assert read(file(a, text), **options) == ([row], [])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"quote": "''"}, "quote must be one character or 'none', not \"''\""),
        ({"quote": ""}, "quote must be one character or 'none', not ''"),
        ({"quote": 5}, "quote must be text or None, not 5 (int)"),
        ({"escape": "none"}, "escape must be one character, not 'none'"),
        ({"delimiter": "\n"}, "delimiter must not be '\\n'"),
        ({"quote": "\0"}, "quote must not be '\\x00'"),
        ({"delimiter": '"'}, "delimiter and quote must not both be '\"'"),
        ({"escape": ","}, "delimiter and escape must not both be ','"),
        ({"escape": "'", "quote": "'"}, 'escape and quote must not both be "\'"'),
    ],
)
def test_signs_that_cannot_be_used(a: Path, options: dict[str, Any], message: str) -> None:
    """Each is named."""
    with pytest.raises(OptionError) as caught:
        read(file(a, "a,b\n"), **options)
    assert str(caught.value) == message


@pytest.mark.parametrize("before", ["", "\n", "\n\n\r\n", "  \n", " \t \n\n"])
def test_blank_lines_first(a: Path, before: str) -> None:
    """They are passed over, and counted as lines."""
    path = file(a, f"{before}a,b\n1,2\n3,4,5\n")
    source = open_source(path, LoadOptions())
    rows = list(source)
    source.close()
    assert rows[0].document == {"a": "1", "b": "2"}
    assert rows[1].line == before.count("\n") + 3


def test_nothing_but_blank_lines(a: Path) -> None:
    """There are no rows."""
    for text in ("", "\n\n", "a,b\n", "a,b"):
        assert read(file(a, text)) == ([], [])


FRAME = pandas.DataFrame({"a": [1, 3], "b": [2, 4]})


@pytest.mark.parametrize(
    ("frame", "names"),
    [
        (FRAME, ["index"]),
        (FRAME.rename_axis("id"), ["id"]),
        (FRAME.rename(columns={"a": "index"}), ["level_0"]),
        (FRAME.set_index([["x", "y"], [1, 2]]), ["level_0", "level_1"]),
    ],
)
def test_the_index_of_pandas(a: Path, frame: pandas.DataFrame, names: list[str]) -> None:
    """What `to_csv` leaves without a name has the one that `reset_index` gives."""
    path = file(a, frame.to_csv())
    expected = frame.reset_index().astype(str).to_dict("records")
    assert read(path) == (expected, [])
    assert list(expected[0]) == [*names, *frame.columns]


def test_a_header_that_is_given_as_well(a: Path) -> None:
    """A first line that says the same, or nothing in place of a name, is no row."""
    path = file(a, ",a,b\n0,1,2\n")
    rows = [{"i": "0", "a": "1", "b": "2"}]
    assert read(path, columns=["i", "a", "b"]) == (rows, [])
    assert read(file(a, "i,a,b\n0,1,2\n"), columns=["i", "a", "b"]) == (rows, [])
    assert read(file(a, "0,1,2\n"), columns=["i", "a", "b"]) == (rows, [])
    assert len(read(file(a, "x,y,z\n0,1,2\n"), columns=["i", "a", "b"])[0]) == 2
    assert read(file(a, " \n"), columns=["i"]) == ([{"i": " "}], [])


def test_advice_about_a_header_works(a: Path) -> None:
    """Doing as the message says loads the rows."""
    path = file(a, "\na,\n1,2\n3,4\n")
    assert "leave this line out with skip_lines 2" in refusal(path)
    rows = [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}]
    assert read(path, columns=["a", "b"], skip_lines=2) == (rows, [])


def test_lines_to_skip(a: Path, tmp_path: Path) -> None:
    """They stand before the header, are lines and no rows, and count."""
    path = file(a, '# made "by\nsomebody\na,b\n1,2\n3\n')
    source = open_source(path, LoadOptions(skip_lines=2))
    assert [(row.number, row.line) for row in source] == [(1, 4), (2, 5)]
    source.close()
    assert read(file(a, "a\n"), skip_lines=9) == ([], [])
    lines = file(tmp_path / "a.jsonl", '# made by\n{"a":1}\n')
    assert read(lines, skip_lines=1) == ([{"a": 1}], [])
    array = file(tmp_path / "a.json", '# made by\n[{"a":1}]\n')
    assert read(array, skip_lines=1) == ([{"a": 1}], [])


def test_a_file_of_headers(a: Path, tmp_path: Path) -> None:
    """It names the columns, by the dialect of the file itself."""
    headers = file(tmp_path / "h", "\ufeffid;name\n")
    path = file(a, "1;Ada\n2;Bob\n")
    rows = [{"id": "1", "name": "Ada"}, {"id": "2", "name": "Bob"}]
    assert read(path, headers_file=headers, delimiter=";") == (rows, [])
    assert "there is no file" in refusal(path, headers_file=tmp_path / "nope")
    with pytest.raises(SourceError, match="names no columns"):
        read(path, headers_file=file(tmp_path / "e", ""))
    with pytest.raises(SourceError, match="has one column, 'id;name'"):
        read(path, headers_file=headers)
    with pytest.raises(OptionError, match="columns and headers_file both name the columns"):
        read(path, headers_file=headers, columns=["a"])


def test_missing_cells(a: Path) -> None:
    """With `ignore_missing` a row has the fields that are there; too many cells still fail."""
    path = file(a, "a,b,c\n1,2,3\n1\n1,2,3,4\n1,2\n")
    rows = [{"a": "1", "b": "2", "c": "3"}, {"a": "1"}, {"a": "1", "b": "2"}]
    assert read(path, ignore_missing=True) == (rows, ["malformed CSV: cells: 4, columns: 3"])
    assert len(read(path)[1]) == 3


def test_a_quote_that_is_not_closed(a: Path) -> None:
    """The row tells from where to where it reaches, and shows its text."""
    path = file(a, 'a,b\n1,2\n"x,3\n4,5\n')
    source = open_source(path, LoadOptions())
    _, row = source
    source.close()
    assert row.line == 3
    assert row.problem is not None
    assert row.problem.message.endswith("the row reaches to line 4: is a quote not closed?")
    assert row.text == '"x,3\n4,5'


@pytest.mark.parametrize("sign", [";", "\t", "|"])
def test_a_wrong_delimiter(a: Path, sign: str) -> None:
    """A single column whose name holds another usual delimiter is refused."""
    path = file(a, f"id{sign}name\n1{sign}Ada\n")
    assert f"say so with delimiter {sign!r}" in refusal(path)
    assert read(path, delimiter=sign) == ([{"id": "1", "name": "Ada"}], [])
    assert read(path, columns=[f"id{sign}name"]) == ([{f"id{sign}name": f"1{sign}Ada"}], [])
    assert "has one column" in refusal(file(a, "a,b\n"), delimiter=sign)
    assert read(file(a, "a\n1;2\n")) == ([{"a": "1;2"}], [])


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return out.getvalue()


def orc() -> bytes:
    sink = pyarrow.BufferOutputStream()
    pyarrow.orc.write_table(pyarrow.table({"a": [1]}), sink)
    return sink.getvalue().to_pybytes()


FOREIGN: dict[str, tuple[str, bytes | str, str]] = {
    "xlsx": ("a.xlsx", zipped(), "a ZIP archive (an Excel workbook?)"),
    "xls": ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document"),
    "pdf": ("a.pdf", b"%PDF-1.7\n%\xe2\xe3", "a PDF document"),
    "sqlite": ("a.db", b"SQLite format 3\x00", "an SQLite database"),
    "pickle 2": ("a.pkl", pickle.dumps([{"a": 1}], 2), "a pickle of Python's"),
    "pickle 5": ("a", pickle.dumps([{"a": 1}], 5), "a pickle of Python's"),
    "avro": ("a.avro", b"Obj\x01\x04\x14avro.codec", "an Avro file"),
    "orc": ("a.orc", orc(), "an ORC file"),
    "numpy": ("a.npy", b"\x93NUMPY\x01\x00", "an array of numpy's"),
    "hdf": ("a.h5", b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
    "zstd": ("a.csv.zst", b"\x28\xb5\x2f\xfd\x04", "compressed with zstd"),
    "lz4": ("a.lz4", b"\x04\x22\x4d\x18\x64", "compressed with LZ4"),
    "7z": ("a.7z", b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    "tar": ("a.tar", b"a.csv".ljust(257, b"\0") + b"ustar\x0000", "a tar archive"),
    "png": ("a.png", b"\x89PNG\r\n\x1a\n", "a picture"),
    "rtf": ("a.rtf", "{\\rtf1 hello}", "an RTF document"),
    "utf-16": ("a.csv", "a,b\n".encode("utf-16"), "text in UTF-16"),
    "utf-32": ("a.csv", "a,b\n".encode("utf-32"), "text in UTF-32"),
    "xml": ("a", '<?xml version="1.0"?>\n<a/>', "XML"),
    "xml in csv": ("a.csv", '<?xml version="1.0"?>\n<a/>', "XML"),
    "xml without a head": ("a", '\n<rows n="1"><row/></rows>', "XML"),
    "html": ("a", "<!DOCTYPE html>\n<html></html>", "an HTML page"),
    "html in csv": ("a.csv", "<html><body>404</body></html>", "an HTML page"),
    "html in json": ("a.json", "<!doctype HTML><html>", "an HTML page"),
    "yaml": ("a.yaml", "a: 1\nb: 2\n", "YAML"),
    "yml": ("a.yml", "[]", "YAML"),
    "yaml document": ("a", "---\n- a: 1\n", "YAML"),
    "yaml list": ("a", "- a: 1\n  b: 2\n", "YAML"),
    "yaml mapping": ("a.txt", "# numbers\nname: x\nrows:\n  - 1\n", "YAML"),
    "arff": ("a.arff", "@relation x\n@data\n1\n", "an ARFF file"),
    "arff by content": ("a", "% about\n% it\n\n@RELATION x\n@data\n1\n", "an ARFF file"),
    "toml": ("a.toml", "a = 1\n", "TOML"),
    "sql": ("a", "-- dump\nCREATE TABLE a (b int);", "SQL"),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_foreign_formats(tmp_path: Path, name: str) -> None:
    """They are named, with what to do."""
    file_name, data, what = FOREIGN[name]
    message = refusal(file(tmp_path / file_name, data))
    assert message.startswith(f" is {what}")


def test_a_real_database(tmp_path: Path) -> None:
    """As SQLite writes it."""
    path = tmp_path / "x"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE a (b)")
    connection.close()
    assert "an SQLite database" in refusal(path)


def test_feather_of_old(tmp_path: Path) -> None:
    """Version 1 is told from version 2."""
    path = file(tmp_path / "a", b"FEA1\0\0\0\0" + bytes(64) + b"FEA1")
    assert "Feather file of version 1" in refusal(path)


@pytest.mark.parametrize(
    ("name", "text", "columns"),
    [
        ("a.csv", "ORC,PK,Obj\n1,2,3\n", ["ORC", "PK", "Obj"]),
        ("a.csv", "BZ,7z\n1,2\n", ["BZ", "7z"]),
        ("a.csv", "%PD,b\n1,2\n", ["%PD", "b"]),
        ("a.csv", "<id>,<name>\n1,2\n", ["<id>", "<name>"]),
        ("a.csv", "---,b\n1,2\n", ["---", "b"]),
        ("a.csv", "name:\n1\n", ["name:"]),
        ("a", "time: s,value\n1,2\n", ["time: s", "value"]),
        ("a", "@relation\n1\n", None),
        ("a.txt", "note\n1\n", ["note"]),
        ("a.txt", "http://x,b\n1,2\n", ["http://x", "b"]),
    ],
)
def test_text_that_only_looks_foreign(
    tmp_path: Path, name: str, text: str, columns: list[str] | None
) -> None:
    """Text is not taken for something else; naming the format settles it."""
    path = file(tmp_path / name, text)
    if columns is None:
        refusal(path)
        assert len(read(path, format="csv")[0]) == 1
    else:
        assert list(read(path)[0][0]) == columns


def test_a_format_that_is_named_is_checked_too(tmp_path: Path) -> None:
    """What is no text at all is none by any name."""
    for kind in ("csv", "tsv", "jsonl", "json"):
        path = file(tmp_path / "a", zipped())
        assert refusal(path, format=kind).startswith(" is a ZIP archive")


@pytest.mark.parametrize("kind", ["pandas", "polars", "arrow", "csv", "parquet"])
def test_two_columns_of_one_name(tmp_path: Path, kind: str) -> None:
    """They are refused, not laid over one another."""
    table = pyarrow.table([[1], [2]], names=["a", "a"])
    source: Any = table
    if kind == "pandas":
        source = pandas.DataFrame([[1, 2]], columns=["a", "a"])
    elif kind == "csv":
        source = file(tmp_path / "a.csv", "a,a\n1,2\n")
    elif kind == "parquet":
        source = tmp_path / "a.parquet"
        pyarrow.parquet.write_table(table, source)
    elif kind == "polars":
        return  # does not make them
    with pytest.raises(SourceError, match="two columns are called 'a'"):
        open_source(source, LoadOptions())
