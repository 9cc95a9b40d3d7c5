"""Tells what a file holds, by the ending of its name and its first bytes.

What people hand in by mistake is named, with what to do about it.
"""

from __future__ import annotations

import codecs
import io
import re
from pathlib import Path

from arango_jobs.loader.errors import SourceError
from arango_jobs.loader.texts import is_utf8

__all__ = ["refuse_foreign", "table_format", "text_format"]

_HEAD = 1 << 16

_PACKED_ENDINGS = frozenset({".gz", ".bz2", ".xz"})

_ENDINGS = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".geojson": "json",
    ".parquet": "parquet",
    ".arrow": "arrow",
    ".feather": "arrow",
    ".ipc": "arrow",
}

_TABLES = {b"PAR1": "parquet", b"ARROW1": "arrow", b"\xff\xff\xff\xff": "arrow"}

_ARCHIVE = "; unpack it first"
_AS_CSV = "; save it as CSV"
_FOREIGN = {
    b"PK\x03\x04": "a ZIP archive (an Excel workbook?); save it as CSV",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": f"an old Office document (an Excel workbook?){_AS_CSV}",
    b"%PDF": "a PDF document",
    b"{\\rtf": "an RTF document",
    b"SQLite format 3": "an SQLite database; export its tables as CSV",
    b"Obj\x01": "an Avro file; convert it to Parquet",
    b"ORC": "an ORC file; convert it to Parquet",
    b"FEA1": "a Feather file of version 1; write it again as version 2",
    b"\x89HDF": "an HDF5 file; convert it to Parquet",
    b"\x93NUMPY": f"an array of numpy's{_AS_CSV}",
    b"\x28\xb5\x2f\xfd": f"compressed with zstd{_ARCHIVE}",
    b"\x04\x22\x4d\x18": f"compressed with LZ4{_ARCHIVE}",
    b"\xff\x06\x00\x00sNaPpY": f"compressed with Snappy{_ARCHIVE}",
    b"\x1f\x9d": f"compressed with compress{_ARCHIVE}",
    b"7z\xbc\xaf\x27\x1c": f"a 7-Zip archive{_ARCHIVE}",
    b"Rar!\x1a\x07": f"a RAR archive{_ARCHIVE}",
    b"PGDMP": "a dump of PostgreSQL; export its tables as CSV",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"\x7fELF": "a program",
}
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_UTF_32 = (b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")
_PICKLE = re.compile(rb"\x80[\x02-\x05](?:\x95|[\]})(cX])")
_TAR = slice(257, 262)

# Of those that are text, by how they begin, ...
_HTML = "an HTML page; save the data as CSV or JSON"
_MARKUP = (
    (re.compile(r"<(!doctype\s+)?html\b", re.I), _HTML),
    (re.compile(r"<\?xml\b|<!--"), "XML"),
)
_MARKUP_WITHOUT_NAME = (
    (re.compile(r"<[A-Za-z_][\w.:-]*(\s[^<>]*)?/?>"), "XML"),
    (re.compile(r"(%[^\n]*\n\s*)*@relation\b", re.I), "an ARFF file"),
    (re.compile(r"%YAML\b|---\s*(\n|$)"), "YAML"),
    (re.compile(r"\x1e\s*\{"), "a JSON text sequence (RFC 7464); leave the record separators out"),
    (
        re.compile(r"(--[^\n]*\n\s*)*(CREATE\s+TABLE|INSERT\s+INTO|DROP\s+TABLE)\b", re.I),
        "SQL",
    ),
    (
        re.compile(r"(#[^\n]*\n\s*)*(- )?[A-Za-z_][\w .-]*:([ \t][^,;|\t\n]*)?(\n|$)"),
        "YAML, by its looks; if it is not, name its format",
    ),
)
# ... and by the ending of their name. In a file with an ending that we know,
# only what no file of that kind can begin with is looked for.
_FOREIGN_ENDINGS = {
    ".yaml": "YAML",
    ".yml": "YAML",
    ".xml": "XML",
    ".html": _HTML,
    ".htm": _HTML,
    ".arff": "an ARFF file",
    ".toml": "TOML",
    ".sql": "SQL",
    ".xlsx": f"an Excel workbook{_AS_CSV}",
    ".xls": f"an Excel workbook{_AS_CSV}",
    ".ods": f"a spreadsheet{_AS_CSV}",
    ".pkl": "a pickle of Python's; hand in the object itself, or save it as JSON lines",
    ".pickle": "a pickle of Python's; hand in the object itself, or save it as JSON lines",
    ".avro": "an Avro file; convert it to Parquet",
    ".orc": "an ORC file; convert it to Parquet",
}
_CONVERT = "; convert it to CSV, JSON lines or Parquet"


def table_format(path: str, stream: io.BufferedReader, kind: str) -> str | None:
    """Return "parquet" or "arrow" where `stream` holds that, `None` where it holds text."""
    if kind != "auto":
        return kind if kind in ("parquet", "arrow") else None
    head = stream.peek(_HEAD)
    for magic, found in _TABLES.items():
        if head.startswith(magic):
            return found
    by_name = _ENDINGS.get(_ending(path))
    return by_name if by_name in ("parquet", "arrow") else None


def refuse_foreign(path: str, stream: io.BufferedReader, encoding: str) -> None:
    """Raise `SourceError` where the first bytes are of something that is no text."""
    head = stream.peek(_HEAD)[:_HEAD]
    for magic, what in _FOREIGN.items():
        if head.startswith(magic) and _is_certain(magic, head):
            raise SourceError(f"{path} is {what}")
    if _PICKLE.match(head) and is_utf8(encoding):
        raise SourceError(f"{path} is {_FOREIGN_ENDINGS['.pkl']}")
    if head[_TAR] == b"ustar":
        raise SourceError(f"{path} is a tar archive{_ARCHIVE}")
    if codecs.lookup(encoding).name.startswith(("utf-16", "utf-32")):
        return
    for marks, name in ((_UTF_32, "32"), (_UTF_16, "16")):
        if head.startswith(marks) and is_utf8(encoding):
            raise SourceError(f"{path} is text in UTF-{name}; say so with encoding utf-{name}")
    zero = head.find(b"\0")
    if zero >= 0:
        raise SourceError(
            f"{path} is no text: byte {zero} is 0; it should hold CSV, JSON lines or a JSON array"
        )


def _is_certain(magic: bytes, head: bytes) -> bool:
    """Return whether no text begins so: letters need something after them that is no text."""
    return not magic.isalnum() or any(byte < 9 or 13 < byte < 32 for byte in head[:64])


def text_format(path: str, stream: io.BufferedReader) -> str:
    """Return which of the formats for text `stream`, in UTF-8, holds."""
    head = stream.peek(_HEAD)[:_HEAD].lstrip()
    ending = _ending(path)
    text = head[:4096].decode("utf-8", "replace")
    by_name = _ENDINGS.get(ending)
    _refuse_foreign_text(path, text, ending, is_known=by_name is not None)
    if by_name in ("csv", "tsv", "json"):
        return by_name
    if head.startswith(b"["):
        return "json"
    return "jsonl" if by_name == "jsonl" or head.startswith(b"{") else "csv"


def _refuse_foreign_text(path: str, text: str, ending: str, *, is_known: bool) -> None:
    what = _FOREIGN_ENDINGS.get(ending)
    for pattern, name in _MARKUP if is_known else _MARKUP + _MARKUP_WITHOUT_NAME:
        if what is None and pattern.match(text):
            what = name
    if what is not None:
        raise SourceError(f"{path} is {what if ';' in what else what + _CONVERT}")


def _ending(path: str) -> str:
    endings = [ending.lower() for ending in Path(path).suffixes]
    if endings and endings[-1] in _PACKED_ENDINGS:
        endings.pop()
    return endings[-1] if endings else ""
