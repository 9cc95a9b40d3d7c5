"""Fields that are made of other fields: "[first] [last]"."""

from __future__ import annotations

import re
from typing import Any

import orjson

from arango_jobs.errors import OptionError

__all__ = ["Template", "template_of"]

_PART = re.compile(r"\[([^\[\]]+)\]|([^\[\]]+)")


class Template:
    """Text with the names of fields in square brackets."""

    def __init__(self, name: str, parts: list[tuple[str, str]]) -> None:
        self._name = name
        self._parts = parts
        self.fields = frozenset(field for field, _ in parts if field)
        """The names of the fields."""

    def of(self, document: dict[str, Any]) -> str:
        """Return the text for `document`; raise `ValueError` where a field has no value."""
        return "".join(
            self._text(document.get(field), field) if field else text for field, text in self._parts
        )

    def _text(self, value: Any, field: str) -> str:
        if isinstance(value, str):
            return value
        if value is None:
            raise ValueError(f"there is no value in {field!r} to make {self._name!r} of")
        if isinstance(value, (bool, int, float)):
            return orjson.dumps(value).decode()
        raise ValueError(f"{field!r} is neither text nor a number, and cannot be a part of text")


def template_of(name: str, text: str) -> Template:
    """Return the template that `text` is, for the field `name`; raise `OptionError` if none."""
    parts = []
    end = 0
    for found in _PART.finditer(text):
        if found.start() != end:
            break
        end = found.end()
        parts.append((found[1] or "", found[2] or ""))
    if end != len(text) or not any(field for field, _ in parts):
        raise OptionError(
            f"merge_attributes: {text!r} for {name!r} should name fields in square brackets, "
            "such as '[first] [last]'"
        )
    return Template(name, parts)
