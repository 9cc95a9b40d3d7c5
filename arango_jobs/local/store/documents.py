"""Documents of a collection as somebody sees them, and the rules of a single write.

Keys, revisions, patches, computed values and the schema are the same for a write that takes
effect at once and for one inside a transaction; subclasses say what is there and where a new
document goes.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from arango_jobs.local.errors import ArangoError
from arango_jobs.local.store.ends import check_ends
from arango_jobs.local.store.indexes import Index
from arango_jobs.local.store.keys import check_key
from arango_jobs.local.store.patches import apply_patch

if TYPE_CHECKING:
    from arango_jobs.local.store.collection import Collection

__all__ = ["EDGE", "Documents", "Written"]

EDGE = 3
_SYSTEM = ("_key", "_id", "_rev")
Document = dict[str, Any]


@dataclass(slots=True)
class Written:
    """What one write did; `skipped` when the stored document was left as it was."""

    key: str
    id: str
    rev: str
    old_rev: str | None = None
    new: Document | None = None
    old: Document | None = None
    skipped: bool = False


class Documents(ABC):
    """Reads documents, and writes them one by one."""

    __slots__ = ()

    home: Collection

    @abstractmethod
    def get(self, key: str) -> Document | None:
        """Return the stored document, or None."""

    @abstractmethod
    def all(self) -> list[Document]:
        """Return all documents."""

    @abstractmethod
    def count(self) -> int:
        """Return the number of documents."""

    @abstractmethod
    def find(self, index: Index, values: tuple[Any, ...]) -> list[Document]:
        """Return the documents that `index` finds."""

    @abstractmethod
    def edges(self, vertex_id: str, direction: str) -> list[Document]:
        """Return the edges at `vertex_id`: ``outbound``, ``inbound`` or ``any``."""

    @abstractmethod
    def truncate(self) -> None:
        """Remove all documents."""

    @abstractmethod
    def _check_free(self, key: str) -> None:
        """Raise 1200 if somebody else is writing to `key`."""

    @abstractmethod
    def _store(self, key: str, old: Document | None, new: Document | None, size: int) -> bool:
        """Put `new` (None: nothing) in place of `old`; return False if `old` is there no more."""

    def require(self, key: str) -> Document:
        """Return the stored document, or raise 1202."""
        document = self.get(key)
        if document is None:
            raise ArangoError(1202)
        return document

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
        _check_document(document)
        home = self.home
        key = document.get("_key")
        if key is None:
            if "_key" in document:
                raise ArangoError(1221)
            key = home.keys.make()
        else:
            if not home.keys.allow_user_keys:
                raise ArangoError(1222)
            check_key(key)
        while True:
            old = self.get(key)
            if old is not None:
                try:
                    return self._overwrite(
                        old, document, overwrite_mode, keep_null, merge_objects, version_attribute
                    )
                except ArangoError as error:
                    # Another thread has removed it meanwhile: then it is a new one.
                    if error.error_num != 1202:
                        raise
                    continue
            if home.type == EDGE:
                check_ends(document)
            rev = home.revisions.next()
            new = {"_key": key, "_id": home.prefix + key, "_rev": rev}
            for name, value in document.items():
                if name not in _SYSTEM:
                    new[name] = value
            if home.compute is not None:
                new = home.compute("insert", new)
            if home.schema is not None:
                home.schema.check(None, new)
            if self._store(key, None, new, _size(new)):
                home.keys.note(key)
                return Written(key, new["_id"], rev, None, new, None)

    def _overwrite(
        self,
        old: Document,
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
        self._check_free(key)
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
        _check_document(patch)
        body = {name: value for name, value in patch.items() if name not in _SYSTEM}
        while True:
            old = self._current(key, rev)
            if _is_older(old, patch, version_attribute):
                return Written(key, old["_id"], old["_rev"], old["_rev"], old, old, skipped=True)
            merged = apply_patch(old, body, keep_null=keep_null, merge_objects=merge_objects)
            written = self._exchange(old, merged, "update")
            if written is not None:
                return written

    def replace(
        self,
        key: str,
        document: Mapping[str, Any],
        *,
        rev: str | None = None,
        version_attribute: str | None = None,
    ) -> Written:
        """Store `document` instead of the one with `key`."""
        _check_document(document)
        while True:
            old = self._current(key, rev)
            if _is_older(old, document, version_attribute):
                return Written(key, old["_id"], old["_rev"], old["_rev"], old, old, skipped=True)
            written = self._exchange(old, document, "replace")
            if written is not None:
                return written

    def remove(self, key: str, *, rev: str | None = None) -> Written:
        """Remove the document with `key`."""
        while True:
            old = self._current(key, rev)
            if self._store(key, old, None, 0):
                return Written(key, old["_id"], old["_rev"], None, None, old)

    def _current(self, key: str, rev: str | None) -> Document:
        self._check_free(key)
        old = self.require(key)
        if rev is not None and rev != old["_rev"]:
            raise ArangoError(1200, _id=old["_id"], _key=key, _rev=old["_rev"])
        return old

    def _exchange(self, old: Document, body: Mapping[str, Any], event: str) -> Written | None:
        home = self.home
        if home.type == EDGE:
            check_ends(body)
        key, rev = old["_key"], home.revisions.next()
        new = {"_key": key, "_id": old["_id"], "_rev": rev}
        for name, value in body.items():
            if name not in _SYSTEM:
                new[name] = value
        if home.compute is not None:
            new = home.compute(event, new)
        if home.schema is not None:
            home.schema.check(old, new)
        if not self._store(key, old, new, _size(new)):
            return None
        return Written(key, old["_id"], rev, old["_rev"], new, old)


def _check_document(document: Any) -> None:
    if not isinstance(document, Mapping):
        raise ArangoError(1227)


def _is_older(old: Mapping[str, Any], new: Mapping[str, Any], attribute: str | None) -> bool:
    if not attribute:
        return False
    before, after = old.get(attribute), new.get(attribute)
    if isinstance(before, (int, float)) and isinstance(after, (int, float)):
        return after <= before
    return False


def _size(document: Mapping[str, Any]) -> int:
    try:
        return len(orjson.dumps(document))
    except TypeError as error:
        raise ArangoError(600, f"document cannot be stored as JSON: {error}") from error
