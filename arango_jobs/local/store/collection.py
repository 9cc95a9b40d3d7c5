"""A collection: its documents, and every rule that a single write obeys.

A stored document is never changed, only replaced, so that readers may hold on to it.
Knows nothing of HTTP, rights or queries.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from arango_jobs.local.errors import ArangoError
from arango_jobs.local.store.ends import Ends, check_ends
from arango_jobs.local.store.indexes import Index
from arango_jobs.local.store.keys import KeyGenerator, check_key
from arango_jobs.local.store.limits import Limits
from arango_jobs.local.store.patches import apply_patch
from arango_jobs.local.store.schema import Schema
from arango_jobs.local.store.ticks import Revisions, Ticks
from arango_jobs.local.store.undo import is_recording, remember

__all__ = ["DOCUMENT", "EDGE", "Collection", "Written"]

DOCUMENT, EDGE = 2, 3
_SYSTEM = ("_key", "_id", "_rev")


@dataclass(slots=True)
class Written:
    """What one write did; `skipped` when the stored document was left as it was."""

    key: str
    id: str
    rev: str
    old_rev: str | None = None
    new: dict[str, Any] | None = None
    old: dict[str, Any] | None = None
    skipped: bool = False


class Collection:
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
        properties: dict[str, Any] | None = None,
    ) -> None:
        self.properties: dict[str, Any] = dict(properties or {})
        self.id = id
        self.type = type
        self.guid = f"h{int(id):X}/{id}"
        self.documents: dict[str, dict[str, Any]] = {}
        self.indexes: list[Index] = []
        self.lock = threading.RLock()
        self.keys = KeyGenerator(self.properties.pop("keyOptions", None) or {}, ticks)
        self.revision = "0"
        self.schema: Schema | None = None
        # Fills in computed values; given (event, document), returns the document to store.
        self.compute: Callable[[str, dict[str, Any]], dict[str, Any]] | None = None
        self.name = name
        self._revisions = revisions
        self._limits = limits
        self._sizes: dict[str, int] = {}
        self._ends = Ends()

    @property
    def name(self) -> str:
        """Return the collection's name; changing it changes the documents' ids."""
        return self._name

    @name.setter
    def name(self, name: str) -> None:
        with self.lock:
            self._name = name
            self._prefix = name + "/"
            for key, document in self.documents.items():
                self.documents[key] = {**document, "_id": self._prefix + key}

    # reading

    def get(self, key: str) -> dict[str, Any] | None:
        """Return the stored document, or None."""
        return self.documents.get(key)

    def require(self, key: str) -> dict[str, Any]:
        """Return the stored document, or raise 1202."""
        document = self.documents.get(key)
        if document is None:
            raise ArangoError(1202)
        return document

    def edges(self, vertex_id: str, direction: str) -> list[dict[str, Any]]:
        """Return the edges at `vertex_id`: ``outbound``, ``inbound`` or ``any``."""
        with self.lock:
            return [self.documents[key] for key in self._ends.at(vertex_id, direction)]

    # writing

    def insert(
        self,
        document: Mapping[str, Any],
        *,
        overwrite_mode: str | None = None,
        keep_null: bool = False,
        merge_objects: bool = True,
        version_attribute: str | None = None,
    ) -> Written:
        """Store a new document, or do with an existing one what `overwrite_mode` says."""
        self._check_document(document)
        with self.lock:
            key = document.get("_key")
            if key is None:
                if "_key" in document:
                    raise ArangoError(1221)
                key = self.keys.make()
            else:
                if not self.keys.allow_user_keys:
                    raise ArangoError(1222)
                check_key(key)
            old = self.documents.get(key)
            if old is not None:
                return self._overwrite(
                    old, document, overwrite_mode, keep_null, merge_objects, version_attribute
                )
            if self.type == EDGE:
                check_ends(document)
            rev = self._revisions.next()
            new = {"_key": key, "_id": self._prefix + key, "_rev": rev}
            for name, value in document.items():
                if name not in _SYSTEM:
                    new[name] = value
            if self.compute is not None:
                new = self.compute("insert", new)
            self._store(key, None, new)
            self.keys.note(key)
            return Written(key, new["_id"], rev, None, new, None)

    def _overwrite(
        self,
        old: dict[str, Any],
        document: Mapping[str, Any],
        mode: str | None,
        keep_null: bool,
        merge_objects: bool,
        version_attribute: str | None,
    ) -> Written:
        key = old["_key"]
        if mode == "ignore":
            return Written(key, old["_id"], old["_rev"], None, None, old, skipped=True)
        if mode == "replace":
            return self.replace(key, document, version_attribute=version_attribute)
        if mode == "update":
            return self.update(
                key,
                document,
                keep_null=keep_null,
                merge_objects=merge_objects,
                version_attribute=version_attribute,
            )
        raise ArangoError(
            1210,
            "unique constraint violated - in index primary of type primary over '_key'; "
            f"conflicting key: {key}",
            _key=key,
            _id=old["_id"],
            _rev=old["_rev"],
        )

    def update(
        self,
        key: str,
        patch: Mapping[str, Any],
        *,
        keep_null: bool = True,
        merge_objects: bool = True,
        rev: str | None = None,
        version_attribute: str | None = None,
    ) -> Written:
        """Lay `patch` over the document with `key`."""
        self._check_document(patch)
        with self.lock:
            old = self._current(key, rev)
            if self._is_older(old, patch, version_attribute):
                return Written(key, old["_id"], old["_rev"], old["_rev"], old, old, skipped=True)
            body = {name: value for name, value in patch.items() if name not in _SYSTEM}
            merged = apply_patch(old, body, keep_null=keep_null, merge_objects=merge_objects)
            return self._exchange(old, merged, "update")

    def replace(
        self,
        key: str,
        document: Mapping[str, Any],
        *,
        rev: str | None = None,
        version_attribute: str | None = None,
    ) -> Written:
        """Store `document` instead of the one with `key`."""
        self._check_document(document)
        with self.lock:
            old = self._current(key, rev)
            if self._is_older(old, document, version_attribute):
                return Written(key, old["_id"], old["_rev"], old["_rev"], old, old, skipped=True)
            return self._exchange(old, dict(document), "replace")

    def remove(self, key: str, *, rev: str | None = None) -> Written:
        """Remove the document with `key`."""
        with self.lock:
            old = self._current(key, rev)
            self._store(key, old, None)
            return Written(key, old["_id"], old["_rev"], None, None, old)

    def truncate(self) -> None:
        """Remove all documents."""
        with self.lock:
            if is_recording():
                for key, old in list(self.documents.items()):
                    self._store(key, old, None)
                return
            self._limits.add(-len(self.documents), -sum(self._sizes.values()))
            self.documents.clear()
            self._sizes.clear()
            for index in self.indexes:
                index.clear()
            self._ends.clear()
            self.revision = self._revisions.next()

    # indexes

    def add_index(self, index: Index) -> None:
        """Build `index` over the documents and keep it; raise 1210 where it does not fit."""
        with self.lock:
            for key, document in self.documents.items():
                index.check(key, document)
                index.add(key, document)
            self.indexes.append(index)

    def drop_index(self, index: Index) -> None:
        """Forget `index`."""
        with self.lock:
            self.indexes.remove(index)

    # rules

    def _check_document(self, document: Any) -> None:
        if not isinstance(document, Mapping):
            raise ArangoError(1227)

    def _current(self, key: str, rev: str | None) -> dict[str, Any]:
        old = self.require(key)
        if rev is not None and rev != old["_rev"]:
            raise ArangoError(1200, _id=old["_id"], _key=key, _rev=old["_rev"])
        return old

    @staticmethod
    def _is_older(old: Mapping[str, Any], new: Mapping[str, Any], attribute: str | None) -> bool:
        if not attribute:
            return False
        before, after = old.get(attribute), new.get(attribute)
        if isinstance(before, (int, float)) and isinstance(after, (int, float)):
            return after <= before
        return False

    def _exchange(self, old: dict[str, Any], body: dict[str, Any], event: str) -> Written:
        if self.type == EDGE:
            check_ends(body)
        key, rev = old["_key"], self._revisions.next()
        new = {"_key": key, "_id": old["_id"], "_rev": rev}
        for name, value in body.items():
            if name not in _SYSTEM:
                new[name] = value
        if self.compute is not None:
            new = self.compute(event, new)
        self._store(key, old, new)
        return Written(key, old["_id"], rev, old["_rev"], new, old)

    # the one place that changes anything

    def _store(self, key: str, old: dict[str, Any] | None, new: dict[str, Any] | None) -> None:
        size = 0
        if new is not None:
            size = _size(new)
            if self.schema is not None:
                self.schema.check(old, new)
            for index in self.indexes:
                index.check(key, new)
        self._limits.add((new is not None) - (old is not None), size - self._sizes.get(key, 0))
        self._apply(key, old, new, size)
        if is_recording():
            remember(lambda: self._undo(key, new, old))

    def _apply(
        self, key: str, old: dict[str, Any] | None, new: dict[str, Any] | None, size: int
    ) -> None:
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
            self.revision = self._revisions.next()
        else:
            self.documents[key] = new
            self._sizes[key] = size
            self.revision = new["_rev"]

    def _undo(self, key: str, old: dict[str, Any] | None, new: dict[str, Any] | None) -> None:
        with self.lock:
            size = _size(new) if new is not None else 0
            self._limits.give_back(
                (new is not None) - (old is not None), size - self._sizes.get(key, 0)
            )
            if (old is not None) == (key in self.documents):
                self._apply(key, self.documents.get(key), new, size)

    def release(self) -> None:
        """Give back what the documents count against the limits (the collection is dropped)."""
        with self.lock:
            self._limits.add(-len(self.documents), -sum(self._sizes.values()))

    def sizes(self) -> Iterable[int]:
        """Return the documents' sizes in bytes."""
        return self._sizes.values()


def _size(document: Mapping[str, Any]) -> int:
    try:
        return len(orjson.dumps(document))
    except TypeError as error:
        raise ArangoError(600, f"document cannot be stored as JSON: {error}") from error
