"""What a load can be told, its defaults, and the checks of what users hand in."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from arango_jobs.checking import check_fields
from arango_jobs.errors import OptionError

__all__ = ["EMPTY", "FORMATS", "ON_DUPLICATE", "TYPES", "LoadOptions"]

FORMATS = ("auto", "csv", "tsv", "jsonl", "json", "parquet", "arrow")
ON_DUPLICATE = ("error", "ignore", "update", "replace")
TYPES = ("int", "float", "bool", "str", "json")
EMPTY = ("keep", "null", "omit")

# Of these a resumed load may have others: they change nothing about which rows become what.
_PACE = frozenset(
    {
        "chunk_rows", "chunk_bytes", "window", "checkpoint", "dead_letter", "dry_run",
        "create", "max_errors", "source_name", "strict_columns",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadOptions:
    """Options of `load`; sizes in bytes. `rename` comes first, the others use the new names."""

    format: str = "auto"
    """"csv", "tsv", "jsonl", "json" (one array), "parquet", "arrow"; "auto" looks at the file."""
    encoding: str = "utf-8"
    delimiter: str | None = None
    columns: Sequence[str] | None = None
    """Names of the columns of a CSV file that has no line of them."""
    source_name: str | None = None
    """What to call an input that has no name; tells checkpoints of iterables apart."""
    rename: Mapping[str, str] = field(default_factory=dict)
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
    limit: int | None = None
    on_duplicate: str = "error"
    client_keys: bool = True
    """Whether rows without a key get one of ours; it keeps them from being stored twice."""
    create: bool = True
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
        _one_of("format", self.format, FORMATS)
        _one_of("on_duplicate", self.on_duplicate, ON_DUPLICATE)
        _one_of("empty", self.empty, EMPTY)
        for name, kind in self.types.items():
            _one_of(f"the type of {name!r}", kind, TYPES)
        for name in ("chunk_rows", "chunk_bytes", "window"):
            _count(name, getattr(self, name), 1)
        _count("skip", self.skip, 0)
        for name in ("limit", "max_errors"):
            if getattr(self, name) is not None:
                _count(name, getattr(self, name), 1)
        if self.delimiter is not None and len(self.delimiter) != 1:
            raise OptionError(f"delimiter must be one character, not {self.delimiter!r}")
        _check_encoding(self.encoding)
        if self.checkpoint is not None and not self.client_keys:
            raise OptionError("checkpoint needs client_keys: it tells by them what is stored")

    def fingerprint(self) -> dict[str, Any]:
        """Return the options that decide which rows become what, as JSON has them."""
        values = {name: value for name, value in asdict(self).items() if name not in _PACE}
        for name, value in values.items():
            if isinstance(value, tuple):
                values[name] = list(value)
        return values


def _one_of(name: str, value: object, allowed: Sequence[str]) -> None:
    if value not in allowed:
        raise OptionError(f"{name} must be one of {', '.join(allowed)}, not {value!r}")


def _count(name: str, value: object, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise OptionError(f"{name} must be a whole number from {least}, not {value!r}")


def _check_encoding(name: str) -> None:
    try:
        "".encode(name)
    except LookupError:
        raise OptionError(f"there is no encoding {name!r}; utf-8, latin-1 or utf-16?") from None
