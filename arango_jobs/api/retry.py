"""What a second run of each call would do, when the first may have run.

SAFE: it reads only.
    get, has, count, lists, properties, explain, validate, find, all, ids, keys.
    (A query run twice leaves a second cursor, which ends by itself.)
IDEMPOTENT: a second run leaves the same data.
    insert with `_key` and overwrite mode ignore, replace or update
    update, replace           `_old_rev` may then be that of our own first run
    delete with ignore_missing          `False` may then mean that our first run deleted it
    configure, set, grant, reset, index creation, compaction
    drop with ignore_missing
NEVER: a second answer would be an error, or untrue, or a second run would do harm.
    insert without `_key`                       it would be a second document
    insert with `_key`, overwrite mode conflict         "duplicate key"
    delete, drop without ignore_missing         "not found"
    any write that checks a revision            "wrong revision"
    any write with return_old                   the first run's document would be shown as old
    any write with version_attribute            it would look as if it had been skipped
    aql.execute, update_match and its like      what a query does is not looked into
    create, rename, truncate, kill              it would differ, or hit what came in between

`insert_many`, `update_many`, `replace_many` and `import_bulk` are as the single
call where that holds for every document; `delete_many` has no ignore_missing.
`request` is SAFE for GET, HEAD and OPTIONS and else NEVER, unless `retry` says more.

Whoever knows more says so for one operation: `operation.with_retry("idempotent")`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from arango_jobs.operations import Retry

__all__ = ["delete_retry", "import_retry", "insert_retry", "many_retry", "overwrite_retry"]

_HARMLESS_MODES = frozenset({"ignore", "replace", "update"})


def overwrite_retry(return_old: bool, version_attribute: str | None) -> Retry:
    """Return the class of an update or a replacement that checks no revision."""
    return Retry.NEVER if return_old or version_attribute is not None else Retry.IDEMPOTENT


def insert_retry(mode: str | None, return_old: bool, version_attribute: str | None) -> Retry:
    """Return the class of an insert that has a key."""
    if mode not in _HARMLESS_MODES:
        return Retry.NEVER
    return overwrite_retry(return_old, version_attribute)


def delete_retry(ignore_missing: bool, return_old: bool) -> Retry:
    """Return the class of a deletion that checks no revision."""
    return Retry.IDEMPOTENT if ignore_missing and not return_old else Retry.NEVER


def many_retry(retry: Retry, documents: Iterable[Any], *, needs: str = "", bars: str = "") -> Retry:
    """Return `retry` if every document has the attribute `needs` and none has `bars`."""
    for document in documents:
        if not isinstance(document, dict):
            return Retry.NEVER
        if (needs and needs not in document) or (bars and bars in document):
            return Retry.NEVER
    return retry


def import_retry(on_duplicate: str | None, overwrite: bool | None, documents: Any) -> Retry:
    """Return the class of an import."""
    if overwrite or on_duplicate not in _HARMLESS_MODES:
        return Retry.NEVER
    return many_retry(Retry.IDEMPOTENT, documents, needs="_key")
