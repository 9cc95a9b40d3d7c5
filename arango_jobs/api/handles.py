"""Which document is meant: by key, by id, or by a document that holds one of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from arango_jobs.api.types import Ref
from arango_jobs.errors import DocumentParseError
from arango_jobs.json import check_text
from arango_jobs.operations import Headers

__all__ = [
    "as_document",
    "collection_of",
    "id_of",
    "key_of",
    "revision_header",
    "revision_of",
    "with_key",
]


def key_of(document: Ref, collection: str) -> str:
    """Return the key of `document` in `collection`; raise `DocumentParseError` if there is none."""
    if isinstance(document, str):
        return _key_in(document, collection) if "/" in document else _checked(document)
    if not isinstance(document, Mapping):
        raise DocumentParseError(
            f"a document is given by its key, its id or a dict, not by a {type(document).__name__}"
        )
    if "_id" in document:
        return _key_in(document["_id"], collection)
    if "_key" in document:
        return _checked(document["_key"])
    raise DocumentParseError('field "_key" or "_id" required')


def as_document(value: Any) -> Any:
    """Return `value` if it can be a document; raise `DocumentParseError` if not."""
    if not isinstance(value, Mapping):
        raise DocumentParseError(f"a document must be a dict, not a {type(value).__name__}")
    return value


def with_key(document: Any, collection: str, *, is_required: bool) -> Any:
    """Return `document` with a `_key`, taken out of `_id` where it has only that."""
    if "_key" in as_document(document):
        return document
    if "_id" in document:
        return {**document, "_key": _key_in(document["_id"], collection)}
    if is_required:
        raise DocumentParseError('field "_key" or "_id" required')
    return document


def id_of(document: Ref) -> str:
    """Return the id of `document`, which is one or holds one."""
    found = document.get("_id") if isinstance(document, Mapping) else document
    if not isinstance(found, str):
        raise DocumentParseError('field "_id" required')
    return found


def collection_of(document: Ref) -> str:
    """Return the name of the collection that `document` lies in."""
    name, slash, _ = id_of(document).partition("/")
    if not slash:
        raise DocumentParseError(f"{name!r} is no document id (collection/key)")
    return name


def revision_of(document: Ref, revision: str | None, check: bool) -> str | None:
    """Return the revision that the document must have, `None` where any will do."""
    if not check:
        return None
    if revision is None and isinstance(document, Mapping):
        revision = document.get("_rev")
    return revision


def revision_header(revision: str | None) -> Headers:
    """Return the header that makes a call depend on `revision`."""
    if revision is None:
        return ()
    if not (isinstance(revision, str) and revision.isascii() and revision.isprintable()):
        raise DocumentParseError(f"{revision!r} is no revision")
    return (("if-match", revision),)


def _key_in(document_id: Any, collection: str) -> str:
    if not isinstance(document_id, str) or not document_id.startswith(collection + "/"):
        raise DocumentParseError(f'bad collection name in document ID "{document_id}"')
    return _checked(document_id[len(collection) + 1 :])


def _checked(key: Any) -> str:
    if not isinstance(key, str) or not key:
        raise DocumentParseError(f"a document key must be a string that is not empty, not {key!r}")
    check_text(key, "the key")
    return key
