"""Checks of the options of a load: each names the option, what it may be, and what it is."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from arango_jobs.errors import OptionError

if TYPE_CHECKING:
    from arango_jobs.loader.options import LoadOptions

# How a tab is typed where the shell gives no way to.
_TYPED = {"\\t": "\t"}


def one_of(name: str, value: object, allowed: Sequence[str]) -> None:
    """Refuse what is not `allowed`."""
    if value not in allowed:
        raise OptionError(f"{name} must be one of {', '.join(allowed)}, not {value!r}")


def count(name: str, value: object, least: int) -> None:
    """Refuse what is no whole number, or below `least`."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise OptionError(f"{name} must be a whole number from {least}, not {value!r}")


def texts(name: str, values: Iterable[str]) -> tuple[str, ...]:
    """Return `values` if all of them are strings."""
    found = tuple(values)
    for value in found:
        if not isinstance(value, str):
            raise OptionError(f"{name} must be a list of texts, not of {value!r}")
    return found


def sign(name: str, value: Any, *, or_else: str | None = None) -> str | None:
    """Return `value` if it is one character or `None`."""
    if value is None:
        return None
    value = _TYPED.get(value, value) if isinstance(value, str) else value
    if not isinstance(value, str) or len(value) != 1:
        other = "" if or_else is None else f" or {or_else!r}"
        raise OptionError(f"{name} must be one character{other}, not {value!r}")
    if value in "\r\n\0":
        raise OptionError(f"{name} must not be {value!r}")
    return value


def encoding(name: str) -> None:
    """Refuse the name of an encoding that Python does not have, or that is not of text."""
    try:
        "".encode(name)
        codecs.getincrementaldecoder(name)
    except (LookupError, ValueError):
        raise OptionError(f"there is no encoding {name!r}; utf-8, latin-1 or utf-16?") from None


def together(options: LoadOptions) -> None:
    """Refuse options that contradict one another."""
    if options.checkpoint is not None and not options.client_keys:
        raise OptionError("checkpoint needs client_keys: it tells by them what is stored")
    if options.columns is not None and options.headers_file is not None:
        raise OptionError("columns and headers_file both name the columns; give one of them")
