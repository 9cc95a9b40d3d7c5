"""Types of options, checked by what their annotations say.

    rules_of(function) ─▶ {name: rule} ─▶ check(name, value)

An option without an annotation that is known here is left to whoever takes it. What
options mean is checked where they are used; here is nothing but types.
"""

from __future__ import annotations

import inspect
import math
import os
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import wraps
from typing import Any, TypeVar

from typing_extensions import ParamSpec

from arango_jobs.errors import OptionError

__all__ = ["Rule", "Rules", "check_fields", "checked", "rule_of", "rules_of", "shown"]

P = ParamSpec("P")
T = TypeVar("T")

_SECRET = re.compile("password|token|secret")
_LONGEST = 60


@dataclass(frozen=True, slots=True)
class Rule:
    """What an option may be: `kinds` are types that need no second look."""

    kinds: frozenset[type]
    parts: tuple[str, ...]

    def check(self, name: str, value: object) -> None:
        """Raise `OptionError` if `value` is none of it."""
        if type(value) in self.kinds or any(_PARTS[part][1](value) for part in self.parts):
            return
        allowed = [_PARTS[part][0] for part in self.parts]
        words = ", ".join(allowed[:-1]) + (" or " if allowed[:-1] else "") + allowed[-1]
        raise OptionError(f"{name} must be {words}, not {shown(name, value)}")


def shown(name: str, value: object) -> str:
    """Return how a message shows what somebody gave for an option: never a secret."""
    kind = type(value).__name__
    if value is None:
        return "None"
    if _SECRET.search(name) or not isinstance(value, (str, int, float)):
        return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"
    text = repr(value)
    return f"{text[:_LONGEST]}{'…' * (len(text) > _LONGEST)} ({kind})"


def _is_number(value: object) -> bool:
    is_one = isinstance(value, (int, float)) and not isinstance(value, bool)
    return is_one and math.isfinite(value)  # type: ignore[arg-type]  # it is one


def _is_mapping_of_text(value: object) -> bool:
    return isinstance(value, Mapping) and _are_text([*value, *value.values()])


def _are_text(values: Iterable[object]) -> bool:
    return all(isinstance(each, str) for each in values)


def _is_several(value: object) -> bool:
    return isinstance(value, Iterable) and not isinstance(value, (str, bytes, Mapping))


def _several(is_right: Callable[[Any], bool]) -> Callable[[object], bool]:
    # Of an iterator nothing can be seen without taking it.
    return lambda value: (
        _is_several(value) and (not isinstance(value, Collection) or all(map(is_right, value)))
    )


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_mapping(value: object) -> bool:
    return isinstance(value, Mapping)


_PARTS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "bool": ("True or False", lambda value: isinstance(value, bool)),
    "int": ("a whole number", lambda v: isinstance(v, int) and not isinstance(v, bool)),
    "float": ("a finite number", _is_number),
    "str": ("text", _is_text),
    "bytes": ("bytes", lambda value: isinstance(value, bytes)),
    "None": ("None", lambda value: value is None),
    "os.PathLike[str]": ("a path", lambda value: isinstance(value, os.PathLike)),
    "Sequence[str]": ("a list of texts", _several(_is_text)),
    "tuple[str, str]": (
        "a pair of texts",
        lambda value: isinstance(value, tuple) and len(value) == 2 and _are_text(value),
    ),
    "Mapping[str, str]": ("a dict of texts", _is_mapping_of_text),
    "Mapping[str, Any]": ("a dict", _is_mapping),
    "MutableMapping[str, Any]": ("a dict", _is_mapping),
    "Json": ("a dict", _is_mapping),
    "list[Json]": ("a list of dicts", _several(_is_mapping)),
    "Sequence[Json]": ("a list of dicts", _several(_is_mapping)),
    "Callable": ("a function", callable),
    "Clock": ("a Clock", lambda value: hasattr(value, "monotonic")),
}

_KINDS: dict[str, type] = {"bool": bool, "int": int, "str": str, "bytes": bytes, "None": type(None)}


def rule_of(annotation: object) -> Rule | None:
    """Return the rule for an annotation, `None` where it says something else."""
    text = annotation if isinstance(annotation, str) else ""
    parts = tuple("Callable" if p.startswith("Callable[") else p for p in _alternatives(text))
    if parts in ((), ("None",)) or not all(part in _PARTS for part in parts):
        return None
    return Rule(frozenset(_KINDS[part] for part in parts if part in _KINDS), parts)


def _alternatives(text: str) -> list[str]:
    """Return the parts of a union, those within brackets left whole."""
    found, depth, start = [], 0, 0
    for place, sign in enumerate(text):
        depth += (sign == "[") - (sign == "]")
        if sign == "|" and depth == 0:
            found.append(text[start:place].strip())
            start = place + 1
    return [part for part in (*found, text[start:].strip()) if part]


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of a function's parameters."""

    names: tuple[str, ...]
    by_name: dict[str, Rule]
    kinds: dict[str, frozenset[type]]
    """Of each of `by_name`, the types that need no second look."""
    first: int
    """How many of `names` come before the first that has a rule."""

    @property
    def is_first_checked(self) -> bool:
        """Whether the first parameter has a rule."""
        return self.first == 0 < len(self.names)

    def check(self, args: Sequence[object], kwargs: Mapping[str, object]) -> None:
        """Raise `OptionError` for an argument of the wrong type."""
        # Options of single documents are looked at for every one of a load.
        kinds = self.kinds
        for name in kwargs:
            if name in kinds and type(kwargs[name]) not in kinds[name]:
                self.by_name[name].check(name, kwargs[name])
        if len(args) > self.first:
            for name, value in zip(self.names[self.first :], args[self.first :], strict=False):
                if name in kinds:
                    self.by_name[name].check(name, value)


def rules_of(function: Callable[..., Any], *, options_only: bool = False) -> Rules:
    """Return the rules of `function`, a method; with `options_only`, of what has a default."""
    parameters = list(inspect.signature(function).parameters.values())[1:]
    rules = {
        each.name: rule
        for each in parameters
        if (rule := rule_of(each.annotation)) is not None
        and each.kind not in (each.VAR_KEYWORD, each.VAR_POSITIONAL)
        and not (options_only and each.default is each.empty)
    }
    names = [each.name for each in parameters if each.kind is each.POSITIONAL_OR_KEYWORD]
    first = next((place for place, name in enumerate(names) if name in rules), len(names))
    kinds = {name: rule.kinds for name, rule in rules.items()}
    return Rules(tuple(names), rules, kinds, first)


def checked(function: Callable[P, T]) -> Callable[P, T]:
    """Check the types of what a method is called with, by its annotations."""
    rules = rules_of(function)

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        rules.check(args[1:], kwargs)
        return function(*args, **kwargs)

    return call


def check_fields(options: Any) -> None:
    """Check the types of a dataclass's fields, by their annotations."""
    for each in fields(options):
        rule = rule_of(each.type)
        if rule is not None and each.init:
            rule.check(each.name, getattr(options, each.name))
