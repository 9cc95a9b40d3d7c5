"""Kinds of values that options take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click
import orjson

__all__ = ["JsonPair", "NamedFile", "Pair"]


class Pair(click.ParamType):  # type: ignore[type-arg]  # generic in the newest click only
    """NAME=VALUE; `hints` say more about values that are commonly given instead."""

    name = "pair"

    def __init__(
        self, allowed: Sequence[str] | None = None, hints: Mapping[str, str] | None = None
    ) -> None:
        self._allowed = allowed
        self._hints = hints or {}

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """Take it apart."""
        name, sign, text = str(value).partition("=")
        if not sign or not name or not text:
            hint = self._hints.get(str(value), "")
            self.fail(f"{value!r} should look like name=value{hint}", param, ctx)
        if self._allowed and text not in self._allowed:
            self.fail(f"{text!r} is none of {', '.join(self._allowed)}", param, ctx)
        return name, text


class JsonPair(click.ParamType):  # type: ignore[type-arg]  # generic in the newest click only
    """NAME=JSON."""

    name = "json-pair"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, Any]:
        """Take it apart."""
        name, sign, text = str(value).partition("=")
        if not sign or not name:
            self.fail(f"{value!r} should look like name=json", param, ctx)
        try:
            return name, orjson.loads(text)
        except ValueError:
            self.fail(
                f"{text!r} is no JSON; a text needs double quotes: --bind '{name}=\"{text}\"'",
                param,
                ctx,
            )


class NamedFile(click.ParamType):  # type: ignore[type-arg]  # generic in the newest click only
    """FILE:COLLECTION; the last colon counts."""

    name = "named-file"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """Take it apart."""
        if isinstance(value, tuple):
            return value
        file, sign, collection = str(value).rpartition(":")
        if not sign or not file or not collection or "/" in collection:
            self.fail(f"{value!r} should look like airports.csv:airports", param, ctx)
        return file, collection
