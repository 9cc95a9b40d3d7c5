"""The options of `load` as keywords, for type checkers and for `help`."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import Any, TypedDict, TypeVar

__all__ = ["LoadKeywords", "with_options"]

F = TypeVar("F", bound=Callable[..., Any])


class LoadKeywords(TypedDict, total=False):
    """The options of `load`, explained at `LoadOptions`."""

    format: str
    encoding: str
    delimiter: str | None
    quote: str | None
    escape: str | None
    columns: Sequence[str] | None
    headers_file: str | os.PathLike[str] | None
    skip_lines: int
    ignore_missing: bool
    source_name: str | None
    rename: Mapping[str, str]
    merge_attributes: Mapping[str, str]
    types: Mapping[str, str]
    drop: Sequence[str]
    strict_columns: bool
    infer: bool
    empty: str
    key_field: str | None
    key_prefix: str
    edge: bool
    from_field: str
    to_field: str
    from_collection: str | None
    to_collection: str | None
    skip: int
    limit: int | None
    on_duplicate: str
    overwrite: bool
    client_keys: bool
    create: bool
    create_database: bool
    dry_run: bool
    checkpoint: str | os.PathLike[str] | None
    dead_letter: str | os.PathLike[str] | None
    chunk_rows: int
    chunk_bytes: int
    window: int
    max_errors: int | None


def with_options(options: type) -> Callable[[F], F]:
    """Return a decorator that shows the fields of `options` in a function's signature."""

    def decorate(function: F) -> F:
        shown = inspect.signature(function)
        own = [p for p in shown.parameters.values() if p.kind is not p.VAR_KEYWORD]
        every = inspect.signature(options).parameters
        added = [every[field.name] for field in fields(options)]
        signature = shown.replace(parameters=[*own, *added])
        function.__signature__ = signature  # type: ignore[attr-defined]  # what `inspect` looks at
        return function

    return decorate
