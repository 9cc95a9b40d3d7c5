"""A collection: its committed documents, and what older snapshots still see of it.

A stored document is never changed, only replaced, so that readers may hold on to it. Writes made
here take effect at once; those of a transaction come in one piece, when it commits.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from arango_jobs.local.errors import ArangoError
from arango_jobs.local.store.documents import EDGE, Document, Documents, Written
from arango_jobs.local.store.ends import Ends
from arango_jobs.local.store.indexes import Entry, Index
from arango_jobs.local.store.keys import KeyGenerator
from arango_jobs.local.store.limits import Limits
from arango_jobs.local.store.locks import BusyError, CollectionLock
from arango_jobs.local.store.schema import Schema
from arango_jobs.local.store.shelf import Shelf
from arango_jobs.local.store.ticks import Revisions, Ticks
from arango_jobs.local.store.versions import Versions

__all__ = ["DOCUMENT", "EDGE", "Collection", "Written"]

DOCUMENT = 2


class Collection(Documents):
    """The documents of one collection, by key, in the order of their insertion."""

    def __init__(
        self,
        name: str,
        *,
        id: str,
        type: int,
        ticks: Ticks,
        revisions: Revisions,
        limits: Limits,
        versions: Versions,
        properties: dict[str, Any] | None = None,
    ) -> None:
        self.home = self
        self.properties: dict[str, Any] = dict(properties or {})
        self.id = id
        self.type = type
        self.guid = f"h{int(id):X}/{id}"
        self.documents: dict[str, Document] = {}
        self.indexes: list[Index] = []
        self.versions = versions
        self.lock = versions.lock
        self.access = CollectionLock()
        # The keys that unfinished transactions have written to, and which one it was.
        self.claims: dict[str, object] = {}
        self.keys = KeyGenerator(self.properties.pop("keyOptions", None) or {}, ticks)
        self.revision = "0"
        self.revisions = revisions
        self.limits = limits
        self.schema: Schema | None = None
        # Fills in computed values; given (event, document), returns the document to store.
        self.compute: Callable[[str, Document], Document] | None = None
        self.is_dropped = False
        self.name = name
        self._sizes: dict[str, int] = {}
        self._ends = Ends()
        # By key: the changes since the oldest snapshot in use, and what each of them replaced.
        self._past: dict[str, list[tuple[int, Document | None]]] = {}
        self._past_shelf: Shelf | None = None
        self._last_kept = 0

    @property
    def name(self) -> str:
        """Return the collection's name; changing it changes the documents' ids."""
        return self._name

    @name.setter
    def name(self, name: str) -> None:
        with self.lock:
            self._name = name
            self.prefix = name + "/"
            for key, document in self.documents.items():
                self.documents[key] = {**document, "_id": self.prefix + key}

    @property
    def is_costly(self) -> bool:
        """Tell whether a single write may take long: it computes values or matches patterns."""
        return self.compute is not None or (self.schema is not None and self.schema.has_patterns)

    # reading what is committed now

    def get(self, key: str) -> Document | None:
        """Return the stored document, or None."""
        return self.documents.get(key)

    def all(self) -> list[Document]:
        """Return all documents."""
        with self.lock:
            return list(self.documents.values())

    def count(self) -> int:
        """Return the number of documents."""
        return len(self.documents)

    def find(self, index: Index, values: tuple[Any, ...]) -> list[Document]:
        """Return the documents that `index` finds."""
        with self.lock:
            return [self.documents[key] for key in index.lookup(values)]

    def edges(self, vertex_id: str, direction: str) -> list[Document]:
        """Return the edges at `vertex_id`: ``outbound``, ``inbound`` or ``any``."""
        with self.lock:
            return [self.documents[key] for key in self._ends.at(vertex_id, direction)]

    def sizes(self) -> Iterable[int]:
        """Return the documents' sizes in bytes."""
        return self._sizes.values()

    def size_of(self, key: str) -> int:
        """Return the size of a stored document in bytes, 0 if there is none."""
        return self._sizes.get(key, 0)

    # reading what was committed at a snapshot

    def is_same_since(self, snapshot: int) -> bool:
        """Tell whether nothing has changed since `snapshot`."""
        return self._last_kept <= snapshot

    def is_changed(self, key: str, snapshot: int) -> bool:
        """Tell whether what is under `key` has changed since `snapshot`."""
        versions = self._past.get(key)
        return versions is not None and versions[-1][0] > snapshot

    def is_entry_changed(self, index: Index, entry: Entry, snapshot: int) -> bool:
        """Tell whether a document with `entry` has changed since `snapshot`."""
        names = () if self._past_shelf is None else self._past_shelf.holders(index, entry)
        return any(int(name.partition("/")[0]) > snapshot for name in names)

    def get_at(self, key: str, snapshot: int) -> Document | None:
        """Return the document that was stored at `snapshot`, or None."""
        if self._last_kept <= snapshot:
            document = self.documents.get(key)
            # Whoever changes anything says so first: then it was the right one.
            if self._last_kept <= snapshot:
                return document
        with self.lock:
            versions = self._past.get(key, ())
            later = bisect_right(versions, snapshot, key=lambda version: version[0])
            if later < len(versions):
                return versions[later][1]
            return self.documents.get(key)

    def all_at(self, snapshot: int) -> list[Document]:
        """Return all documents that were stored at `snapshot`."""
        with self.lock:
            if self._last_kept <= snapshot:
                return list(self.documents.values())
            keys = dict.fromkeys(self.documents)
            keys.update(dict.fromkeys(self._past))
            found = (self.get_at(key, snapshot) for key in keys)
            return [document for document in found if document is not None]

    def count_at(self, snapshot: int) -> int:
        """Return how many documents were stored at `snapshot`."""
        with self.lock:
            count = len(self.documents)
            if self._last_kept > snapshot:
                for key in self._past:
                    before = self.get_at(key, snapshot) is not None
                    count += before - (key in self.documents)
            return count

    def find_at(self, index: Index, values: tuple[Any, ...], snapshot: int) -> list[Document]:
        """Return the documents that `index` would have found at `snapshot`."""
        with self.lock:
            keys = index.lookup(values)
            if self._last_kept <= snapshot:
                return [self.documents[key] for key in keys]
            if self._past_shelf is not None:
                keys += [name.partition("/")[2] for name in self._past_shelf.lookup(index, values)]
            found = (self.get_at(key, snapshot) for key in dict.fromkeys(keys))
            return [d for d in found if d is not None and index.has(d, values)]

    def edges_at(self, vertex_id: str, direction: str, snapshot: int) -> list[Document]:
        """Return the edges that were at `vertex_id` at `snapshot`."""
        with self.lock:
            keys = self._ends.at(vertex_id, direction)
            if self._last_kept <= snapshot:
                return [self.documents[key] for key in keys]
            if self._past_shelf is not None:
                names = self._past_shelf.at(vertex_id, direction)
                keys += [name.partition("/")[2] for name in names]
            found = (self.get_at(key, snapshot) for key in dict.fromkeys(keys))
            return [e for e in found if e is not None and Ends.has(e, vertex_id, direction)]

    # writing

    def conflict(self, key: str, *, late: bool = False) -> ArangoError:
        """Return the error for a key that an unfinished transaction, or a later one, wrote to."""
        document = self.documents.get(key)
        what = "write-write conflict" if late else "Timeout waiting to lock key"
        return ArangoError(
            1200,
            f"{what} - in index primary of type primary over '_key'; conflicting key: {key}",
            409,
            _key=key,
            _id=self.prefix + key,
            _rev="" if document is None else document["_rev"],
        )

    def busy(self, *, exclusive: bool = False) -> BusyError:
        """Return the error for a collection that others write to, one of them alone."""
        message = f"timed out waiting for the lock of collection {self._name}"
        return BusyError(self.access, message, exclusive=exclusive)

    def _check_free(self, key: str) -> None:
        if self.access.owner is not None:
            raise self.busy()
        if key in self.claims:
            raise self.conflict(key)

    def _store(self, key: str, old: Document | None, new: Document | None, size: int) -> bool:
        with self.lock:
            if self.access.owner is not None or key in self.claims:
                self._check_free(key)
            if self.documents.get(key) is not old:
                return False
            if new is not None:
                for index in self.indexes:
                    if index.forbids:
                        index.check(key, new)
            self.limits.add((new is not None) - (old is not None), size - self._sizes.get(key, 0))
            self.versions.last = number = self.versions.last + 1
            self._change(number, key, old, new, size)
            return True

    def commit(
        self, drafts: Mapping[str, Document | None], sizes: Mapping[str, int], number: int
    ) -> None:
        """Put in what a transaction wrote, as change `number` (under the lock)."""
        if self.versions.is_watched or self.indexes or self.type == EDGE or None in drafts.values():
            for key, new in drafts.items():
                old = self.documents.get(key)
                if old is not None or new is not None:
                    self._change(number, key, old, new, sizes[key])
                elif self.versions.is_watched:
                    # Put in and taken out again: a change that older snapshots conflict with.
                    self._remember(number, key, None)
            return
        # The usual case: nothing but documents to put in.
        self.documents.update(drafts)  # type: ignore[arg-type] # there is no None in it
        self._sizes.update(sizes)
        self.revision = self.revisions.next()

    def truncate(self, who: object = None) -> None:
        """Remove all documents; `who` may have locked the collection."""
        with self.lock:
            if self.access.owner is not who:
                raise self.busy()
            for key in self.claims:
                raise self.conflict(key)
            self.limits.add(-len(self.documents), -sum(self._sizes.values()))
            if self.versions.is_watched:
                number = self.versions.next()
                for key, old in list(self.documents.items()):
                    self._change(number, key, old, None, 0)
                return
            self.documents.clear()
            self._sizes.clear()
            for index in self.indexes:
                index.clear()
            self._ends.clear()
            self.revision = self.revisions.next()

    def _change(
        self, number: int, key: str, old: Document | None, new: Document | None, size: int
    ) -> None:
        """Change what is stored: the one place that does."""
        if self.versions.is_watched:
            self._remember(number, key, old)
        for index in self.indexes:
            if old is not None:
                index.discard(key, old)
            if new is not None:
                index.add(key, new)
        if self.type == EDGE:
            self._ends.move(key, old, new)
        if new is None:
            del self.documents[key]
            del self._sizes[key]
            self.revision = self.revisions.next()
        else:
            self.documents[key] = new
            self._sizes[key] = size
            self.revision = new["_rev"]

    # what snapshots see

    def _remember(self, number: int, key: str, old: Document | None) -> None:
        self._last_kept = number
        self._past.setdefault(key, []).append((number, old))
        self.versions.note(number, self, key)
        if old is None:
            return
        if self._past_shelf is None:
            if self.type != EDGE and not any(index.finds for index in self.indexes):
                return
            self._past_shelf = Shelf(self.indexes, is_edge=self.type == EDGE)
        self._past_shelf.put(f"{number}/{key}", old)

    def forget(self, key: str, number: int) -> None:
        """Drop what change `number` replaced under `key`."""
        versions = self._past[key]
        _, old = versions.pop(0)
        if not versions:
            del self._past[key]
        if old is not None and self._past_shelf is not None:
            self._past_shelf.take(f"{number}/{key}", old)

    def forget_all(self) -> None:
        """Drop everything that was kept."""
        self._past.clear()
        self._past_shelf = None

    # indexes

    def add_index(self, index: Index) -> None:
        """Build `index` over the documents and keep it; raise 1210 where it does not fit."""
        with self.lock:
            for key, document in self.documents.items():
                if index.forbids:
                    index.check(key, document)
                index.add(key, document)
            self.indexes.append(index)
            self._shelve_past(index)

    def _shelve_past(self, index: Index) -> None:
        """Let a new index find what older snapshots see, too."""
        if not (index.finds and self._past):
            return
        if self._past_shelf is None:
            self._past_shelf = Shelf((), is_edge=self.type == EDGE)
        mirror = self._past_shelf.add_index(index)
        for key, versions in self._past.items():
            for number, old in versions:
                if old is not None:
                    mirror.add(f"{number}/{key}", old)

    def drop_index(self, index: Index) -> None:
        """Forget `index`."""
        with self.lock:
            self.indexes.remove(index)

    def release(self) -> None:
        """Give back what the documents count against the limits (the collection is dropped)."""
        with self.lock:
            self.is_dropped = True
            self.limits.add(-len(self.documents), -sum(self._sizes.values()))
