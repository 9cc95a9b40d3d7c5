"""Schema validation of documents: the JSON Schema keywords that one needs every day.

A keyword that is not known here is refused when the schema is set, not ignored when documents come.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import regex

from arango_jobs.local.errors import ArangoError

__all__ = ["Schema", "make_schema"]

_LEVELS = ("none", "new", "moderate", "strict")
_ANNOTATIONS = frozenset({"title", "description", "$schema", "$id", "default", "examples"})
_PATTERN_SECONDS = 2.0
_Check = Callable[[Any, Any, Mapping[str, Any]], bool]


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


_TYPES: dict[str, Callable[[Any], bool]] = {
    "object": lambda v: isinstance(v, Mapping),
    "array": lambda v: isinstance(v, list),
    "string": lambda v: isinstance(v, str),
    "number": _number,
    "integer": lambda v: _number(v) and v == int(v),
    "boolean": lambda v: isinstance(v, bool),
    "null": lambda v: v is None,
}


def _type(wanted: Any, value: Any, rule: Mapping[str, Any]) -> bool:
    names = wanted if isinstance(wanted, list) else [wanted]
    return any(_TYPES[name](value) for name in names)


def _properties(wanted: Any, value: Any, rule: Mapping[str, Any]) -> bool:
    if not isinstance(value, Mapping):
        return True
    return all(_valid(sub, value[name]) for name, sub in wanted.items() if name in value)


def _additional(wanted: Any, value: Any, rule: Mapping[str, Any]) -> bool:
    if not isinstance(value, Mapping):
        return True
    known = rule.get("properties", {})
    extra = [v for name, v in value.items() if name not in known]
    return all(_valid(wanted, item) for item in extra)


def _if(kind: type | tuple[type, ...], test: Callable[[Any, Any], bool]) -> _Check:
    """Return a check that holds for values of other kinds."""

    def check(wanted: Any, value: Any, rule: Mapping[str, Any]) -> bool:
        return isinstance(value, bool) or not isinstance(value, kind) or test(wanted, value)

    return check


_CHECKS: dict[str, _Check] = {
    "type": _type,
    "properties": _properties,
    "additionalProperties": _additional,
    "required": _if(dict, lambda w, v: all(name in v for name in w)),
    "items": _if(list, lambda w, v: all(_valid(w, item) for item in v)),
    "enum": lambda w, v, _: v in w,
    "const": lambda w, v, _: bool(v == w),
    "minimum": _if((int, float), lambda w, v: v >= w),
    "maximum": _if((int, float), lambda w, v: v <= w),
    "exclusiveMinimum": _if((int, float), lambda w, v: v > w),
    "exclusiveMaximum": _if((int, float), lambda w, v: v < w),
    "minLength": _if(str, lambda w, v: len(v) >= w),
    "maxLength": _if(str, lambda w, v: len(v) <= w),
    "pattern": _if(str, lambda w, v: _matches(w, v)),
    "minItems": _if(list, lambda w, v: len(v) >= w),
    "maxItems": _if(list, lambda w, v: len(v) <= w),
    "anyOf": lambda w, v, _: any(_valid(sub, v) for sub in w),
    "allOf": lambda w, v, _: all(_valid(sub, v) for sub in w),
    "oneOf": lambda w, v, _: sum(_valid(sub, v) for sub in w) == 1,
    "not": lambda w, v, _: not _valid(w, v),
}


def _matches(pattern: str, text: str) -> bool:
    try:
        return regex.search(pattern, text, timeout=_PATTERN_SECONDS) is not None
    except TimeoutError:
        raise ArangoError(
            32,
            "resource limit exceeded: a schema's pattern took longer than "
            f"{_PATTERN_SECONDS:g} s to match",
        ) from None


def _valid(rule: Any, value: Any) -> bool:
    if isinstance(rule, bool):
        return rule
    return all(
        _CHECKS[keyword](wanted, value, rule)
        for keyword, wanted in rule.items()
        if keyword not in _ANNOTATIONS
    )


@dataclass(frozen=True, slots=True)
class Schema:
    """A collection's schema with its level and message."""

    rule: Mapping[str, Any]
    level: str
    message: str

    @property
    def has_patterns(self) -> bool:
        """Tell whether validation matches regular expressions, which may take long."""
        return _has_pattern(self.rule)

    def check(self, old: Mapping[str, Any] | None, new: Mapping[str, Any]) -> None:
        """Raise 1620 if `new`, which replaces `old`, must be valid and is not."""
        if self.level == "none" or (self.level == "new" and old is not None):
            return
        if self._holds(new):
            return
        if self.level == "moderate" and old is not None and not self._holds(old):
            return
        raise ArangoError(1620, self.message)

    def _holds(self, document: Mapping[str, Any]) -> bool:
        # System attributes are not validated.
        return _valid(self.rule, {k: v for k, v in document.items() if k[:1] != "_"})


def make_schema(given: Any) -> Schema | None:
    """Read a collection's `schema`; None if there is none; raise 10 or 9 for one not understood."""
    if not given:
        return None
    if not isinstance(given, Mapping) or not isinstance(given.get("rule"), Mapping):
        raise ArangoError(10, "'schema' must be an object with a 'rule'")
    level, message = given.get("level", "strict"), given.get("message", "schema validation failed")
    if level not in _LEVELS or not isinstance(message, str):
        raise ArangoError(10, "'schema' has a wrong 'level' or 'message'")
    _check_rule(given["rule"])
    return Schema(given["rule"], level, message)


def _has_pattern(rule: Any) -> bool:
    if isinstance(rule, Mapping):
        return "pattern" in rule or any(_has_pattern(sub) for sub in rule.values())
    return isinstance(rule, list) and any(_has_pattern(sub) for sub in rule)


_LISTS = ("anyOf", "allOf", "oneOf")
_NUMBERS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength",
            "maxLength", "minItems", "maxItems")  # fmt: skip


def _check_rule(rule: Any) -> None:
    if isinstance(rule, bool):
        return
    if not isinstance(rule, Mapping):
        raise ArangoError(10, "a schema rule must be an object")
    for keyword, wanted in rule.items():
        if keyword in _ANNOTATIONS:
            continue
        if keyword not in _CHECKS:
            raise ArangoError(
                9, f"the embedded server does not have the schema keyword {keyword!r}"
            )
        if not _well_formed(keyword, wanted):
            raise ArangoError(10, f"wrong value of the schema keyword '{keyword}'")


def _well_formed(keyword: str, wanted: Any) -> bool:
    if keyword in ("items", "additionalProperties", "not"):
        _check_rule(wanted)
    elif keyword in _LISTS:
        if not isinstance(wanted, list):
            return False
        for sub in wanted:
            _check_rule(sub)
    elif keyword == "properties":
        if not isinstance(wanted, Mapping):
            return False
        for sub in wanted.values():
            _check_rule(sub)
    elif keyword == "type":
        names = wanted if isinstance(wanted, list) else [wanted]
        return all(isinstance(name, str) and name in _TYPES for name in names)
    elif keyword in _NUMBERS:
        return _number(wanted)
    elif keyword == "pattern":
        return isinstance(wanted, str) and _compiles(wanted)
    elif keyword in ("required", "enum"):
        return isinstance(wanted, list)
    return True


def _compiles(pattern: str) -> bool:
    try:
        regex.compile(pattern)
    except regex.error:
        return False
    return True
