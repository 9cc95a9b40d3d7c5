"""A database: its collections and graphs."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from arango_jobs.local.errors import ArangoError
from arango_jobs.local.store.collection import DOCUMENT, EDGE, Collection
from arango_jobs.local.store.keys import check_collection_name, split_id
from arango_jobs.local.store.statement import Statement
from arango_jobs.local.store.transaction import Transaction

if TYPE_CHECKING:
    from arango_jobs.local.store.store import Store

__all__ = ["SYSTEM_COLLECTIONS", "Database", "Graph"]

SYSTEM_COLLECTIONS = (
    "_analyzers", "_aqlfunctions", "_appbundles", "_apps", "_frontend", "_graphs", "_jobs",
    "_queues",
)  # fmt: skip

_PROPERTY_DEFAULTS: dict[str, Any] = {
    "cacheEnabled": False,
    "computedValues": None,
    "isSystem": False,
    "schema": None,
    "waitForSync": False,
    "writeConcern": 1,
}


@dataclass
class Graph:
    """A named graph: which collections hold its edges and vertices."""

    name: str
    id: str
    rev: str
    edge_definitions: list[dict[str, Any]] = field(default_factory=list)
    orphans: list[str] = field(default_factory=list)

    def vertex_collections(self) -> list[str]:
        """Return the names of all vertex collections, sorted."""
        names = set(self.orphans)
        for definition in self.edge_definitions:
            names |= {*definition["from"], *definition["to"]}
        return sorted(names)

    def edge_collections(self) -> list[str]:
        """Return the names of all edge collections, sorted."""
        return sorted(definition["collection"] for definition in self.edge_definitions)


class Database:
    """Collections and graphs by name."""

    def __init__(self, name: str, *, id: str, store: Store) -> None:
        self.name = name
        self.id = id
        self.store = store
        self.collections: dict[str, Collection] = {}
        self.graphs: dict[str, Graph] = {}
        self.lock = threading.RLock()
        self._by_id: dict[str, Collection] = {}
        # The names and ids of collections where a single write may take long.
        self.costly: frozenset[str] = frozenset()
        for system in SYSTEM_COLLECTIONS + (("_users",) if name == "_system" else ()):
            self.create_collection(system, {"isSystem": True})

    def collection(self, name_or_id: str) -> Collection:
        """Return a collection by its name or numeric id, or raise 1203."""
        found = self.collections.get(name_or_id) or self._by_id.get(name_or_id)
        if found is None:
            raise ArangoError(1203, f"collection or view not found: {name_or_id}")
        return found

    def note_rules(self) -> None:
        """Take new computed values and schemas into account."""
        costly = [c for c in self.collections.values() if c.is_costly]
        self.costly = frozenset(name for c in costly for name in (c.name, c.id))

    def find(self, name: str) -> Collection | None:
        """Return a collection by its name, or None."""
        return self.collections.get(name)

    def commit_so_far(self) -> bool:
        """Return False: what is written here is committed at once."""
        return False

    def begin(self) -> Statement:
        """Begin a statement that takes effect as a whole, or not at all."""
        return Statement(self, Transaction(self.store.versions), is_part=False)

    def document(self, handle: str) -> dict[str, Any] | None:
        """Return a document by its id, or None."""
        collection, key = split_id(handle)
        return self.collection(collection).get(key)

    def create_collection(
        self, name: Any, properties: dict[str, Any] | None = None, *, type: int = DOCUMENT
    ) -> Collection:
        """Create a collection; raise 1207 if the name is taken."""
        given = dict(properties or {})
        check_collection_name(name, system=bool(given.get("isSystem")))
        if type not in (DOCUMENT, EDGE):
            raise ArangoError(1218, "invalid collection type", 400)
        with self.lock:
            if name in self.collections:
                raise ArangoError(1207)
            collection = Collection(
                name,
                id=str(self.store.ticks.next()),
                type=type,
                ticks=self.store.ticks,
                revisions=self.store.revisions,
                limits=self.store.limits,
                versions=self.store.versions,
                properties={**_PROPERTY_DEFAULTS, **given},
            )
            self.collections[name] = collection
            self._by_id[collection.id] = collection
            return collection

    def drop_collection(self, collection: Collection) -> None:
        """Remove a collection with its documents."""
        with self.lock:
            if self.collections.pop(collection.name, None) is not None:
                del self._by_id[collection.id]
                collection.release()
                self.note_rules()

    def rename_collection(self, collection: Collection, name: str) -> None:
        """Give a collection another name, in the graphs too."""
        check_collection_name(name)
        with self.lock:
            if name in self.collections:
                raise ArangoError(1207)
            old = collection.name
            self.collections = {
                (name if key == old else key): value for key, value in self.collections.items()
            }
            collection.name = name
            for graph in self.graphs.values():
                _rename_in(graph, old, name)
            self.note_rules()

    def release(self) -> None:
        """Give back what all documents count against the limits."""
        for collection in self.collections.values():
            collection.release()


def _rename_in(graph: Graph, old: str, new: str) -> None:
    def swap(names: list[str]) -> list[str]:
        return [new if name == old else name for name in names]

    graph.orphans = swap(graph.orphans)
    for definition in graph.edge_definitions:
        definition["from"], definition["to"] = swap(definition["from"]), swap(definition["to"])
        if definition["collection"] == old:
            definition["collection"] = new
