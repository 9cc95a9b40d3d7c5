"""Transactions: what one wrote is its own until it commits, and it reads from a snapshot.

A key that it writes to is claimed: others that write to it get 1200, and so does the transaction
for a key that changed since its snapshot. Rolling back drops its own writes, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from arango_jobs.local.errors import ArangoError
from arango_jobs.local.store.collection import EDGE, Collection
from arango_jobs.local.store.documents import Document, Documents
from arango_jobs.local.store.indexes import Entry, Index
from arango_jobs.local.store.shelf import Shelf
from arango_jobs.local.store.versions import Versions

__all__ = ["Savepoint", "Transaction", "View"]

_MISSING: Any = object()
Steps = list[Callable[[], None]]


class Savepoint:
    """A part of a transaction that can be taken back by itself."""

    __slots__ = ("steps",)

    def __init__(self) -> None:
        self.steps: Steps = []

    def roll_back(self) -> None:
        """Take back what was written since, newest first."""
        while self.steps:
            self.steps.pop()()


class Transaction:
    """Reads one state of the data, and writes all or nothing."""

    __slots__ = ("_locked", "_views", "is_open", "savepoint", "snapshot", "versions")

    def __init__(self, versions: Versions) -> None:
        self.versions = versions
        self.is_open = True
        # The state that is read; None before the first read and after the end.
        self.snapshot: int | None = None
        self._views: dict[Collection, View] = {}
        self._locked: list[Collection] = []
        self.savepoint: Savepoint | None = None

    def start(self) -> int:
        """Return the state that is read from now on: what is committed now."""
        with self.versions.lock:
            self.check_open()
            if self.snapshot is None:
                self.snapshot = self.versions.open()
            return self.snapshot

    def check_open(self) -> None:
        """Raise 1653 for a transaction that has ended."""
        if not self.is_open:
            raise ArangoError(1653, "transaction has ended")

    def view(self, collection: Collection) -> View:
        """Return a collection as the transaction sees it."""
        view = self._views.get(collection)
        if view is None:
            view = self._views[collection] = View(collection, self)
        return view

    def lock(self, collection: Collection, *, exclusive: bool = False) -> None:
        """Get the right to write to a collection; or raise `BusyError`.

        What was locked before stays locked until the end.
        """
        with self.versions.lock:
            self.check_open()
            if not collection.access.take(self, exclusive=exclusive):
                raise collection.busy(exclusive=exclusive)
            if collection not in self._locked:
                self._locked.append(collection)

    def commit(self) -> None:
        """Let everybody see what was written, at once."""
        with self.versions.lock:
            self.check_open()
            self._publish()
            self._end()

    def commit_so_far(self) -> None:
        """Let everybody see what was written, and go on from what is committed then."""
        with self.versions.lock:
            self.check_open()
            self._publish()
            for view in self._views.values():
                view.end()
            self.start()

    def _publish(self) -> None:
        self._close_snapshot()
        changed = [view for view in self._views.values() if view.drafts]
        if changed:
            number = self.versions.next()
            for view in changed:
                view.commit(number)

    def roll_back(self) -> None:
        """Drop what was written; nothing happens if the transaction has ended."""
        with self.versions.lock:
            if self.is_open:
                self._close_snapshot()
                for view in self._views.values():
                    view.drop()
                self._end()

    def _close_snapshot(self) -> None:
        if self.snapshot is not None:
            self.versions.close(self.snapshot)
            self.snapshot = None

    def _end(self) -> None:
        self.is_open = False
        for view in self._views.values():
            view.end()
        for collection in self._locked:
            collection.access.give_back(self)
        self._views.clear()
        self._locked.clear()

    # parts

    def begin_part(self) -> Savepoint:
        """Note from now on how to take back what is written, until `end_part`."""
        savepoint = self.savepoint = Savepoint()
        return savepoint

    def end_part(self, savepoint: Savepoint, *, keep: bool) -> None:
        """End a part; what it wrote stays, or is taken back."""
        with self.versions.lock:
            if self.savepoint is savepoint:
                self.savepoint = None
            if not keep and self.is_open:
                savepoint.roll_back()

    def remember(self, step: Callable[[], None]) -> None:
        """Note how to take back one write, if a part is running."""
        if self.savepoint is not None:
            self.savepoint.steps.append(step)


class View(Documents):
    """A collection as one transaction sees it: its snapshot, and what it wrote itself."""

    __slots__ = ("_entries", "_shelf", "_sizes", "_transaction", "drafts", "home")

    def __init__(self, home: Collection, transaction: Transaction) -> None:
        self.home = home
        self._transaction = transaction
        # Own writes by key; None: removed.
        self.drafts: dict[str, Document | None] = {}
        self._sizes: dict[str, int] = {}
        # For each value of a unique index that was set or taken away: the key that has it now.
        self._entries: dict[tuple[Index, Entry], str | None] = {}
        self._shelf: Shelf | None = None

    @property
    def name(self) -> str:
        """Return the collection's name."""
        return self.home.name

    @property
    def id(self) -> str:
        """Return the collection's id."""
        return self.home.id

    @property
    def type(self) -> int:
        """Return the collection's type: 2 for documents, 3 for edges."""
        return self.home.type

    @property
    def indexes(self) -> list[Index]:
        """Return the collection's indexes."""
        return self.home.indexes

    # reading

    def _snapshot(self) -> int:
        snapshot = self._transaction.snapshot
        return self._transaction.start() if snapshot is None else snapshot

    def get(self, key: str) -> Document | None:
        """Return the stored document, or None."""
        if key in self.drafts:
            return self.drafts[key]
        snapshot = self._transaction.snapshot
        if snapshot is None:
            snapshot = self._transaction.start()
        return self.home.get_at(key, snapshot)

    def all(self) -> list[Document]:
        """Return all documents, the new ones last."""
        found = self.home.all_at(self._snapshot())
        if not self.drafts:
            return found
        with self.home.lock:
            left = dict(self.drafts)
        merged = (left.pop(d["_key"]) if d["_key"] in left else d for d in found)
        documents = [document for document in merged if document is not None]
        return documents + [document for document in left.values() if document is not None]

    def count(self) -> int:
        """Return the number of documents."""
        home, snapshot = self.home, self._snapshot()
        with home.lock:
            count = home.count_at(snapshot)
            for key, draft in self.drafts.items():
                count += (draft is not None) - (home.get_at(key, snapshot) is not None)
            return count

    def find(self, index: Index, values: tuple[Any, ...]) -> list[Document]:
        """Return the documents that `index` finds."""
        with self.home.lock:
            found = self.home.find_at(index, values, self._snapshot())
            if not self.drafts:
                return found
            names = () if self._shelf is None else self._shelf.lookup(index, values)
            return self._with_own(found, names)

    def edges(self, vertex_id: str, direction: str) -> list[Document]:
        """Return the edges at `vertex_id`: ``outbound``, ``inbound`` or ``any``."""
        with self.home.lock:
            found = self.home.edges_at(vertex_id, direction, self._snapshot())
            if not self.drafts:
                return found
            names = () if self._shelf is None else self._shelf.at(vertex_id, direction)
            return self._with_own(found, names)

    def _with_own(self, found: list[Document], names: list[str] | tuple[()]) -> list[Document]:
        others = [document for document in found if document["_key"] not in self.drafts]
        own = (self.drafts[name] for name in names)
        return others + [document for document in own if document is not None]

    # writing

    def truncate(self) -> None:
        """Remove all documents."""
        for document in self.all():
            self.remove(document["_key"])

    def _check_free(self, key: str) -> None:
        home, transaction = self.home, self._transaction
        owner = home.claims.get(key)
        if owner is None:
            snapshot = self._snapshot()
            if not home.is_same_since(snapshot):
                with home.lock:
                    if home.is_changed(key, snapshot):
                        raise home.conflict(key, late=True)
        elif owner is not transaction:
            raise home.conflict(key)

    def _store(self, key: str, old: Document | None, new: Document | None, size: int) -> bool:
        home, transaction = self.home, self._transaction
        with home.lock:
            if home.claims.get(key) is not transaction:
                self._check_free(key)
            forbidding = [index for index in home.indexes if index.forbids] if home.indexes else ()
            for index in forbidding:
                self._check_unique(index, key, old, new)
            before = self._sizes.get(key)
            if before is None:
                before = home.size_of(key)
            home.limits.add((new is not None) - (old is not None), size - before)
            if transaction.savepoint is not None:
                self._remember(key)
            home.claims[key] = transaction
            if home.indexes or home.type == EDGE:
                self._shelve(key, new)
            self.drafts[key] = new
            self._sizes[key] = size
            for index in forbidding:
                self._claim_entries(index, key, old, new)
            return True

    def _remember(self, key: str) -> None:
        draft, size = self.drafts.get(key, _MISSING), self._sizes.get(key, 0)
        self._transaction.remember(lambda: self._take_back(key, draft, size))

    def _shelve(self, key: str, new: Document | None) -> None:
        if self._shelf is None:
            home = self.home
            if home.type != EDGE and not any(index.finds for index in home.indexes):
                return
            self._shelf = Shelf(home.indexes, is_edge=home.type == EDGE)
        before = self.drafts.get(key)
        if before is not None:
            self._shelf.take(key, before)
        if new is not None:
            self._shelf.put(key, new)

    def _take_back(self, key: str, draft: Any, size: int) -> None:
        home, current = self.home, self.drafts[key]
        before = home.documents.get(key) if draft is _MISSING else draft
        size_before = home.size_of(key) if draft is _MISSING else size
        home.limits.give_back(
            (before is not None) - (current is not None), size_before - self._sizes[key]
        )
        self._shelve(key, None if draft is _MISSING else draft)
        if draft is _MISSING:
            del self.drafts[key], self._sizes[key], home.claims[key]
        else:
            self.drafts[key], self._sizes[key] = draft, size

    def _check_unique(
        self, index: Index, key: str, old: Document | None, new: Document | None
    ) -> None:
        transaction, home = self._transaction, self.home
        before = index.entries(old)
        for entry in index.entries(new):
            if entry in before:
                continue
            owner = index.claims.get(entry)
            if owner is not None and owner is not transaction:
                raise index.conflict(key, entry)
            holder = self._entries.get((index, entry), _MISSING)
            if holder is _MISSING:
                if home.is_entry_changed(index, entry, self._snapshot()):
                    raise index.conflict(key, entry)
                for holder in index.holders(entry):
                    if home.is_changed(holder, self._snapshot()):
                        raise index.conflict(key, entry)
                    raise index.violation(holder)
            elif holder is not None and holder != key:
                raise index.violation(holder)

    def _claim_entries(
        self, index: Index, key: str, old: Document | None, new: Document | None
    ) -> None:
        before, after = index.entries(old), index.entries(new)
        for entry in before:
            if entry not in after:
                self._claim_entry(index, entry, None)
        for entry in after:
            if entry not in before:
                self._claim_entry(index, entry, key)

    def _claim_entry(self, index: Index, entry: Entry, holder: str | None) -> None:
        place = (index, entry)
        if self._transaction.savepoint is not None:
            before = self._entries.get(place, _MISSING)
            self._transaction.remember(lambda: self._take_back_entry(place, before))
        index.claims[entry] = self._transaction
        self._entries[place] = holder

    def _take_back_entry(self, place: tuple[Index, Entry], before: Any) -> None:
        if before is _MISSING:
            index, entry = place
            del self._entries[place], index.claims[entry]
        else:
            self._entries[place] = before

    # ending

    def commit(self, number: int) -> None:
        """Put the own writes into the collection (under the lock)."""
        if self.home.is_dropped:
            self.drop()
            return
        self.home.commit(self.drafts, self._sizes, number)

    def drop(self) -> None:
        """Give back what the own writes count against the limits (under the lock)."""
        home = self.home
        for key, draft in self.drafts.items():
            count = (key in home.documents) - (draft is not None)
            home.limits.give_back(count, home.size_of(key) - self._sizes[key])

    def end(self) -> None:
        """Release all keys and values, and forget the own writes (under the lock)."""
        claims = self.home.claims
        if len(claims) == len(self.drafts):
            claims.clear()
        else:
            for key in self.drafts:
                del claims[key]
        for index, entry in self._entries:
            del index.claims[entry]
        self.drafts.clear()
        self._sizes.clear()
        self._entries.clear()
        self._shelf = None
