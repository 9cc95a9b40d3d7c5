"""Indexes: those that find and forbid (persistent), and those that are only written down."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from arango_jobs.local.errors import ArangoError

__all__ = ["PERSISTENT_TYPES", "STORED_TYPES", "Index", "freeze", "values_of"]

PERSISTENT_TYPES = frozenset({"persistent", "hash", "skiplist"})
STORED_TYPES = frozenset({"geo", "fulltext", "ttl", "inverted", "zkd", "mdi", "mdi-prefixed"})

_Entry = tuple[Any, ...]


def freeze(value: Any) -> Any:
    """Return a hashable stand-in; true and 1 differ, 1 and 1.0 do not."""
    if value is True or value is False:
        return ("b", value)
    if isinstance(value, (dict, list)):
        return ("j", orjson.dumps(value, option=orjson.OPT_SORT_KEYS))
    return value


def _walk(value: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value


def _expand(document: Mapping[str, Any], field: str) -> list[Any]:
    before, _, after = field.partition("[*]")
    items = _walk(document, tuple(before.split(".")))
    if not isinstance(items, list):
        return []
    inner = tuple(part for part in after.split(".") if part)
    unique: dict[Any, Any] = {}
    for item in items:
        value = _walk(item, inner) if inner else item
        unique.setdefault(freeze(value), value)
    return list(unique.values())


def values_of(document: Mapping[str, Any], fields: list[str]) -> Iterator[tuple[Any, ...]]:
    """Yield the value tuples under which `document` is indexed."""
    columns = [
        _expand(document, name) if "[*]" in name else [_walk(document, tuple(name.split(".")))]
        for name in fields
    ]
    return itertools.product(*columns)


class Index:
    """One index of a collection; its `definition` is what the API shows."""

    def __init__(self, definition: dict[str, Any]) -> None:
        self.definition = definition
        self.id: str = definition["id"]
        self.name: str = definition["name"]
        self.type: str = definition["type"]
        self.fields: list[str] = [
            field if isinstance(field, str) else field.get("name", "")
            for field in definition.get("fields", [])
        ]
        self.unique = bool(definition.get("unique", False))
        self.sparse = bool(definition.get("sparse", False))
        self.finds = self.type in PERSISTENT_TYPES
        self._entries: dict[_Entry, dict[str, None]] = {}

    def _keys_for(self, document: Mapping[str, Any]) -> list[_Entry]:
        entries = []
        for values in values_of(document, self.fields):
            if self.sparse and any(value is None for value in values):
                continue
            entries.append(tuple(freeze(value) for value in values))
        return entries

    def check(self, key: str, document: Mapping[str, Any]) -> None:
        """Raise 1210 if `document` may not be stored under `key`."""
        if not (self.unique and self.finds):
            return
        for entry in self._keys_for(document):
            holders = self._entries.get(entry)
            if holders and key not in holders:
                other = next(iter(holders))
                raise ArangoError(
                    1210,
                    f"unique constraint violated - in index {self.name} of type {self.type} over "
                    f"{', '.join(map(repr, self.fields))}; conflicting key: {other}",
                )

    def add(self, key: str, document: Mapping[str, Any]) -> None:
        """Put `document` into the index."""
        if self.finds:
            for entry in self._keys_for(document):
                self._entries.setdefault(entry, {})[key] = None

    def discard(self, key: str, document: Mapping[str, Any]) -> None:
        """Take `document` out of the index."""
        if not self.finds:
            return
        for entry in self._keys_for(document):
            holders = self._entries.get(entry)
            if holders is not None:
                holders.pop(key, None)
                if not holders:
                    del self._entries[entry]

    def clear(self) -> None:
        """Forget all documents."""
        self._entries.clear()

    def lookup(self, values: tuple[Any, ...]) -> list[str]:
        """Return the keys of the documents with these values in the indexed fields."""
        return list(self._entries.get(tuple(freeze(value) for value in values), ()))

    @property
    def selectivity(self) -> float:
        """Return distinct values per document, 1.0 for an empty index."""
        total = sum(len(holders) for holders in self._entries.values())
        return len(self._entries) / total if total else 1.0

    def describe(self) -> dict[str, Any]:
        """Return the index as `/_api/index` shows it."""
        if self.finds and self.definition.get("estimates", True):
            return {**self.definition, "selectivityEstimate": round(self.selectivity, 4)}
        return dict(self.definition)
