"""What a load can be told, its defaults, and the checks of what users hand in."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from arango_jobs.checking import check_fields
from arango_jobs.loader import option_checks as check
from arango_jobs.loader.templates import template_of

__all__ = ["EMPTY", "FORMATS", "NO_QUOTE", "ON_DUPLICATE", "TYPES", "LoadOptions"]

FORMATS = ("auto", "csv", "tsv", "jsonl", "json", "parquet", "arrow")
ON_DUPLICATE = ("error", "ignore", "update", "replace")
TYPES = ("int", "float", "bool", "str", "json")
EMPTY = ("keep", "null", "omit")
NO_QUOTE = "none"

# Of these a resumed load may have others: they change nothing about which rows become what.
_PACE = frozenset(
    {
        "chunk_rows", "chunk_bytes", "window", "checkpoint", "dead_letter", "dry_run",
        "create", "create_database", "max_errors", "source_name", "strict_columns",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadOptions:
    """Options of `load`; sizes in bytes. `rename` comes first, the others use the new names."""

    format: str = "auto"
    """"csv", "tsv", "jsonl", "json" (an array, or documents one after the other), "parquet",
    "arrow"; "auto" looks at the file."""
    encoding: str = "utf-8"
    """Of CSV, TSV and JSON files."""
    delimiter: str | None = None
    """Between the cells of CSV files; a comma, in TSV a tab, if not said."""
    quote: str | None = None
    """Around cells of CSV files; "none": nowhere. A double quote, in TSV none, if not said."""
    escape: str | None = None
    """Before a character of CSV files that is to be taken as it is."""
    columns: Sequence[str] | None = None
    """Names of the columns of a CSV file; a first line that repeats them is left out."""
    headers_file: str | os.PathLike[str] | None = None
    """A file whose first line names the columns of a CSV file that has no such line."""
    skip_lines: int = 0
    """Lines of a text file to leave out first, before the one that names the columns."""
    ignore_missing: bool = False
    """Whether a CSV row may have fewer cells than there are columns; it has fewer fields then."""
    source_name: str | None = None
    """What to call an input that has no name; tells checkpoints of iterables apart."""
    rename: Mapping[str, str] = field(default_factory=dict)
    merge_attributes: Mapping[str, str] = field(default_factory=dict)
    """New fields made of others: {"name": "[first] [last]"}."""
    types: Mapping[str, str] = field(default_factory=dict)
    drop: Sequence[str] = ()
    strict_columns: bool = True
    """Whether `rename`, `types` and `drop` may only name columns that the input has."""
    infer: bool = False
    """Whether text that is a number, true or false as JSON writes them becomes that."""
    empty: str = "keep"
    """What becomes of empty CSV cells without a type: "keep" (empty text), "null", "omit"."""
    key_field: str | None = None
    key_prefix: str = ""
    edge: bool = False
    from_field: str = "_from"
    to_field: str = "_to"
    from_collection: str | None = None
    """Put before values of `from_field` that name no collection."""
    to_collection: str | None = None
    skip: int = 0
    """Rows to leave out first."""
    limit: int | None = None
    on_duplicate: str = "error"
    overwrite: bool = False
    """Whether the collection is emptied first. A load that is resumed does not do it again."""
    client_keys: bool = True
    """Whether rows without a key get one of ours; it keeps them from being stored twice."""
    create: bool = True
    """Whether a collection that is not there is made."""
    create_database: bool = False
    """Whether a database that is not there is made."""
    dry_run: bool = False
    checkpoint: str | os.PathLike[str] | None = None
    dead_letter: str | os.PathLike[str] | None = None
    chunk_rows: int = 1000
    chunk_bytes: int = 4 * 1024 * 1024
    window: int = 16
    """Chunks that are on their way at once, at most."""
    max_errors: int | None = None
    """Stop once so many rows have failed."""

    def __post_init__(self) -> None:
        """Check each of them."""
        check_fields(self)
        check.one_of("format", self.format, FORMATS)
        check.one_of("on_duplicate", self.on_duplicate, ON_DUPLICATE)
        check.one_of("empty", self.empty, EMPTY)
        for name, kind in self.types.items():
            check.one_of(f"the type of {name!r}", kind, TYPES)
        for name, template in self.merge_attributes.items():
            template_of(name, template)
        # Once and for all: an iterator could be read but once.
        object.__setattr__(self, "drop", check.texts("drop", self.drop))
        if self.columns is not None:
            object.__setattr__(self, "columns", check.texts("columns", self.columns))
        for name in ("chunk_rows", "chunk_bytes", "window"):
            check.count(name, getattr(self, name), 1)
        for name in ("skip", "skip_lines"):
            check.count(name, getattr(self, name), 0)
        for name in ("limit", "max_errors"):
            if getattr(self, name) is not None:
                check.count(name, getattr(self, name), 1)
        for name in ("delimiter", "escape"):
            object.__setattr__(self, name, check.sign(name, getattr(self, name)))
        if self.quote != NO_QUOTE:
            object.__setattr__(self, "quote", check.sign("quote", self.quote, or_else=NO_QUOTE))
        check.encoding(self.encoding)
        check.together(self)

    def fingerprint(self) -> dict[str, Any]:
        """Return the options that decide which rows become what, as JSON has them."""
        values = {name: value for name, value in asdict(self).items() if name not in _PACE}
        for name, value in values.items():
            if isinstance(value, tuple):
                values[name] = list(value)
            elif isinstance(value, os.PathLike):
                values[name] = os.fspath(value)
        return values
