"""The shapes of what calls take and give, for type checkers."""

from __future__ import annotations

from typing import Any, TypeAlias, TypedDict

from arango_jobs.errors import ArangoServerError

__all__ = [
    "Document",
    "DocumentMeta",
    "ImportResult",
    "Json",
    "ManyResult",
    "Ref",
    "WriteResult",
]

Json = dict[str, Any]
Document = dict[str, Any]

Ref: TypeAlias = "str | Json"
"""A document by its key or id, or a document that holds one of them."""


class _MetaKeys(TypedDict):
    _id: str
    _key: str
    _rev: str


class DocumentMeta(_MetaKeys, total=False):
    """What the server says of a document that it wrote."""

    _old_rev: str
    new: Json
    old: Json


WriteResult: TypeAlias = "DocumentMeta | bool"
"""What a write of one document gives: `True` where it was silent."""

ManyResult: TypeAlias = "bool | list[Json | ArangoServerError]"
"""What a write of several documents gives: one entry each, errors as values, not raised."""


class ImportResult(TypedDict, total=False):
    """What an import counts."""

    error: bool
    created: int
    errors: int
    empty: int
    updated: int
    ignored: int
    details: list[str]
