"""Documents beside the committed ones, found by the same indexes and edges.

A transaction keeps there what it wrote, a collection what older snapshots still see.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from arango_jobs.local.store.ends import Ends
from arango_jobs.local.store.indexes import Entry, Index

__all__ = ["Shelf"]


class Shelf:
    """Names of documents by their values in indexed attributes and by their ends."""

    __slots__ = ("_ends", "_indexes")

    def __init__(self, indexes: Iterable[Index], *, is_edge: bool) -> None:
        self._indexes = {index.id: index.mirror() for index in indexes if index.finds}
        self._ends = Ends() if is_edge else None

    def put(self, name: str, document: Mapping[str, Any]) -> None:
        """Make a document found under `name`."""
        for index in self._indexes.values():
            index.add(name, document)
        if self._ends is not None:
            self._ends.move(name, None, document)

    def take(self, name: str, document: Mapping[str, Any]) -> None:
        """Make it found no more."""
        for index in self._indexes.values():
            index.discard(name, document)
        if self._ends is not None:
            self._ends.move(name, document, None)

    def add_index(self, index: Index) -> Index:
        """Keep the names by another index too; it is empty at first."""
        mirror = self._indexes[index.id] = index.mirror()
        return mirror

    def lookup(self, index: Index, values: tuple[Any, ...]) -> list[str]:
        """Return the names of the documents with these values."""
        mirror = self._indexes.get(index.id)
        return [] if mirror is None else mirror.lookup(values)

    def holders(self, index: Index, entry: Entry) -> Collection[str]:
        """Return the names of the documents with an entry."""
        mirror = self._indexes.get(index.id)
        return () if mirror is None else mirror.holders(entry)

    def at(self, vertex_id: str, direction: str) -> list[str]:
        """Return the names of the edges at a vertex."""
        return [] if self._ends is None else self._ends.at(vertex_id, direction)
