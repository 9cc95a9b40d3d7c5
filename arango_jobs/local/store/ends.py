"""The ends of edges: which edges of one collection are at which vertex.

Knows documents only as far as their `_from` and `_to`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from arango_jobs.local.errors import ArangoError
from arango_jobs.local.store.keys import split_id

__all__ = ["Ends", "check_ends"]

_DIRECTIONS = {"outbound": ("_from",), "inbound": ("_to",), "any": ("_from", "_to")}


class Ends:
    """The keys of edges by the vertices at their ends, in the order of their insertion."""

    def __init__(self) -> None:
        self._keys: dict[str, dict[str, dict[str, None]]] = {"_from": {}, "_to": {}}

    def at(self, vertex_id: str, direction: str) -> list[str]:
        """Return the keys of the edges at `vertex_id`: ``outbound``, ``inbound`` or ``any``."""
        keys: dict[str, None] = {}
        for end in _DIRECTIONS[direction]:
            keys |= self._keys[end].get(vertex_id, {})
        return list(keys)

    @staticmethod
    def has(edge: Mapping[str, Any], vertex_id: str, direction: str) -> bool:
        """Tell whether an edge is at `vertex_id`."""
        return any(edge[end] == vertex_id for end in _DIRECTIONS[direction])

    def move(self, key: str, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> None:
        """Take the edge `key` from where it was and put it where it is."""
        for end, table in self._keys.items():
            if old is not None:
                holders = table.get(old[end])
                if holders is not None:
                    holders.pop(key, None)
                    if not holders:
                        del table[old[end]]
            if new is not None:
                table.setdefault(new[end], {})[key] = None

    def clear(self) -> None:
        """Forget all edges."""
        for table in self._keys.values():
            table.clear()


def check_ends(document: Mapping[str, Any]) -> None:
    """Raise 1233 where a document cannot be an edge."""
    for end in ("_from", "_to"):
        try:
            split_id(document.get(end))
        except ArangoError:
            raise ArangoError(1233) from None
