"""Indexes: those that find and forbid (persistent), and those that are only written down."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import orjson

from arango_jobs.local.errors import ArangoError

__all__ = ["PERSISTENT_TYPES", "STORED_TYPES", "Entry", "Index", "freeze", "values_of"]

PERSISTENT_TYPES = frozenset({"persistent", "hash", "skiplist"})
STORED_TYPES = frozenset({"geo", "fulltext", "ttl", "inverted", "zkd", "mdi", "mdi-prefixed"})

Entry = tuple[Any, ...]


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
        self._entries: dict[Entry, dict[str, None]] = {}
        # The entries that unfinished transactions have changed, and which one it was.
        self.claims: dict[Entry, object] = {}

    def mirror(self) -> Index:
        """Return an empty index with the same definition."""
        return Index(self.definition)

    @property
    def forbids(self) -> bool:
        """Tell whether two documents may not have the same values."""
        return self.unique and self.finds

    def entries(self, document: Mapping[str, Any] | None) -> list[Entry]:
        """Return the entries that `document` has here."""
        if document is None:
            return []
        entries = []
        for values in values_of(document, self.fields):
            if self.sparse and any(value is None for value in values):
                continue
            entries.append(tuple(freeze(value) for value in values))
        return entries

    def has(self, document: Mapping[str, Any], values: tuple[Any, ...]) -> bool:
        """Tell whether `document` is found by `values`."""
        return tuple(freeze(value) for value in values) in self.entries(document)

    def holders(self, entry: Entry) -> Collection[str]:
        """Return the keys of the committed documents with an entry."""
        return self._entries.get(entry, ())

    def check(self, key: str, document: Mapping[str, Any]) -> None:
        """Raise 1210 if `document` may not be stored under `key`, 1200 if that is not settled."""
        for entry in self.entries(document):
            if entry in self.claims:
                raise self.conflict(key, entry)
            for holder in self._entries.get(entry, ()):
                if holder != key:
                    raise self.violation(holder)

    def violation(self, holder: str) -> ArangoError:
        """Return the error for values that the document `holder` has already."""
        return ArangoError(
            1210,
            f"unique constraint violated - in index {self.name} of type {self.type} over "
            f"{', '.join(map(repr, self.fields))}; conflicting key: {holder}",
        )

    def conflict(self, key: str, entry: Entry) -> ArangoError:
        """Return the error for values that a transaction which has not ended sets or removes."""
        values = ", ".join(str(value) for value in entry)
        return ArangoError(
            1200,
            f"Timeout waiting to lock key - in index {self.name} of type {self.type} over "
            f"{', '.join(map(repr, self.fields))}; document key: {key}; indexed values: [{values}]",
            409,
            _key=key,
        )

    def add(self, key: str, document: Mapping[str, Any]) -> None:
        """Put `document` into the index."""
        if self.finds:
            for entry in self.entries(document):
                self._entries.setdefault(entry, {})[key] = None

    def discard(self, key: str, document: Mapping[str, Any]) -> None:
        """Take `document` out of the index."""
        if not self.finds:
            return
        for entry in self.entries(document):
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
