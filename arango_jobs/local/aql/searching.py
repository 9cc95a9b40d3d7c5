"""Finds the document that an UPSERT's example describes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from arango_jobs.local.aql.context import CollectionLike
from arango_jobs.local.aql.run import CHUNK, Run
from arango_jobs.local.aql.values import equal
from arango_jobs.local.errors import ArangoError

__all__ = ["find_match"]

_INDEXED = ("persistent", "hash", "skiplist")
Document = dict[str, Any]


def _by_index(collection: CollectionLike, example: Document) -> Iterable[Document] | None:
    for index in collection.indexes:
        if index.type not in _INDEXED or not all(field in example for field in index.fields):
            continue
        values = tuple(example[field] for field in index.fields)
        if any(value is None or type(value) in (list, dict) for value in values):
            continue
        return collection.find(index, values)
    return None


def _candidates(run: Run, collection: CollectionLike, example: Document) -> Iterable[Document]:
    key = example.get("_key")
    if key is not None:
        document = collection.get(key) if type(key) is str else None
        run.scanned_index += 1
        return [] if document is None else [document]
    found = _by_index(collection, example)
    if found is not None:
        run.scanned_index += 1
        return found
    return collection.all()


def find_match(run: Run, collection: CollectionLike, example: Any) -> Document | None:
    """Return a document that has all attributes of `example`, or None."""
    if type(example) is not dict:
        raise ArangoError(1227, "invalid document type")
    for number, document in enumerate(_candidates(run, collection, example)):
        if not number % CHUNK:
            run.check()
        if all(equal(document.get(name), value) for name, value in example.items()):
            return document
    return None
