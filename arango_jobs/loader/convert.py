"""From a row of the input to the document that is sent: names, types, keys, ends of edges."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import orjson

from arango_jobs.errors import OptionError
from arango_jobs.loader.json_text import read_json
from arango_jobs.loader.number_text import number_of, parse_float, parse_int
from arango_jobs.loader.options import LoadOptions
from arango_jobs.loader.templates import template_of

__all__ = ["Converter", "check_columns", "make_converter"]

Converter = Callable[[dict[str, Any]], dict[str, Any]]
"""Returns another document, or raises ValueError that says what is wrong with this one."""

_TRUE = frozenset({"true", "t", "yes", "y", "1"})
_FALSE = frozenset({"false", "f", "no", "n", "0"})
_WORDS = {"true": True, "false": False}
_BEGINNINGS = frozenset("-0123456789")


def make_converter(options: LoadOptions) -> Converter | None:
    """Return what makes documents of rows, `None` where they are documents already."""
    steps = [step for step in (
        _renamer(options.rename),
        _merger(options.merge_attributes),
        _keyer(options.key_field, options.key_prefix),
        _edger(options),
        _typer(options.types),
        _inferrer(options),
        _emptier(options),
        _dropper(options.drop),
    ) if step is not None]  # fmt: skip
    if not steps:
        return None

    def convert(row: dict[str, Any]) -> dict[str, Any]:
        document = dict(row)
        for step in steps:
            step(document)
        return document

    return convert


def check_columns(options: LoadOptions, columns: Collection[str], name: str) -> None:
    """Raise `OptionError` where an option names a column that the input `name` has not."""
    renamed = {options.rename.get(column, column) for column in columns}
    merged = {
        field
        for name, text in options.merge_attributes.items()
        for field in template_of(name, text).fields
    }
    wanted = {"merge-attributes": merged - renamed}
    renamed |= options.merge_attributes.keys()
    key_fields = set() if options.key_field is None else {options.key_field}
    wanted["key-field"] = key_fields - renamed
    if options.strict_columns:
        wanted["map"] = set(options.rename) - set(columns)
        wanted["type"] = set(options.types) - renamed
        wanted["drop"] = set(options.drop) - renamed
    if options.edge:
        wanted["from-field"] = {options.from_field} - renamed
        wanted["to-field"] = {options.to_field} - renamed
    for option, missing in wanted.items():
        if missing:
            raise OptionError(
                f"{option}: there is no column {min(missing)!r} in {name}; "
                f"it has {', '.join(sorted(columns))}"
            )


_Step = Callable[[dict[str, Any]], None]


def _renamer(names: Mapping[str, str]) -> _Step | None:
    if not names:
        return None

    def rename(document: dict[str, Any]) -> None:
        moved = {new: document.pop(old) for old, new in names.items() if old in document}
        for new in moved:
            if new in document:
                raise ValueError(f"there is a field {new!r} already, so none can be renamed to it")
        document.update(moved)

    return rename


def _merger(texts: Mapping[str, str]) -> _Step | None:
    if not texts:
        return None
    templates = [(name, template_of(name, text)) for name, text in texts.items()]

    def merge(document: dict[str, Any]) -> None:
        # All of them from what there was before.
        document.update([(name, template.of(document)) for name, template in templates])

    return merge


def _dropper(names: Collection[str]) -> _Step | None:
    if not names:
        return None

    def drop(document: dict[str, Any]) -> None:
        for name in names:
            document.pop(name, None)

    return drop


def _typer(types: Mapping[str, str]) -> _Step | None:
    if not types:
        return None
    readers = [(name, kind, _READERS[kind]) for name, kind in types.items()]

    def convert(document: dict[str, Any]) -> None:
        for name, kind, read in readers:
            value = document.get(name)
            if value is None:
                continue
            try:
                document[name] = None if value == "" and kind != "str" else read(value)
            except (ValueError, TypeError, OverflowError):
                raise ValueError(f"{_short(value)} in {name!r} is no {kind}") from None

    return convert


def _inferrer(options: LoadOptions) -> _Step | None:
    if not options.infer:
        return None
    typed = frozenset(options.types)

    def infer(document: dict[str, Any]) -> None:
        for name, value in document.items():
            if not isinstance(value, str) or name in typed or str(name)[:1] == "_":
                continue
            if value in _WORDS:
                document[name] = _WORDS[value]
            elif value[:1] in _BEGINNINGS and (number := number_of(value)) is not None:
                document[name] = number

    return infer


def _emptier(options: LoadOptions) -> _Step | None:
    if options.empty == "keep":
        return None
    omits, typed = options.empty == "omit", frozenset(options.types)

    def empty(document: dict[str, Any]) -> None:
        for name in [name for name, value in document.items() if value == ""]:
            if name not in typed:
                document[name] = None
        if omits:
            for name in [name for name, value in document.items() if value is None]:
                del document[name]

    return empty


def _keyer(name: str | None, prefix: str) -> _Step | None:
    if name is None and not prefix:
        return None
    field = "_key" if name is None else name

    def set_key(document: dict[str, Any]) -> None:
        if name is None and "_key" not in document:
            return
        document["_key"] = prefix + _key_text(document.get(field), field)

    return set_key


def _edger(options: LoadOptions) -> _Step | None:
    if not options.edge:
        return None
    ends = (
        ("_from", options.from_field, options.from_collection),
        ("_to", options.to_field, options.to_collection),
    )

    def set_ends(document: dict[str, Any]) -> None:
        for end, field, collection in ends:
            value = _key_text(document.get(field), field)
            if "/" not in value:
                if collection is None:
                    raise ValueError(
                        f"{_short(value)} in {field!r} names no collection; "
                        f"give one with {end[1:]}-collection"
                    )
                value = f"{collection}/{value}"
            document[end] = value

    return set_ends


def _key_text(value: Any, field: str) -> str:
    if isinstance(value, str) and value:
        return value
    if value is None or value == "":
        raise ValueError(f"there is no value in {field!r}")
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    raise ValueError(f"{_short(value)} in {field!r} is neither text nor a whole number")


def _bool(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise ValueError


def _str(value: Any) -> str:
    if isinstance(value, str):
        return value
    if not isinstance(value, (int, float, list, dict)):
        raise TypeError
    # Python writes whole numbers with all their digits, however many.
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    return str(value) if is_whole else orjson.dumps(value).decode()


def _json(value: Any) -> Any:
    return read_json(value.encode()) if isinstance(value, str) else value


_READERS: dict[str, Callable[[Any], Any]] = {
    "int": parse_int,
    "float": parse_float,
    "bool": _bool,
    "str": _str,
    "json": _json,
}


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
