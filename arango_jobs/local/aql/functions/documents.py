"""Functions that look at the database: documents, collections, users, and calls by name."""

from __future__ import annotations

from typing import Any

from arango_jobs.local.aql.functions.arguments import array, text
from arango_jobs.local.aql.functions.registry import REGISTRY, ArgumentError, function
from arango_jobs.local.aql.run import Run, failure

__all__: list[str] = []

Document = dict[str, Any]


def _read(run: Run, collection: str, key: str) -> Document | None:
    found = run.database.find(collection)
    if found is None:
        return None
    run.require_readable(found.name)
    run.scanned_index += 1
    document: Document | None = found.get(key)
    return document


def _lookup(run: Run, collection: str | None, identifier: Any) -> Document | None:
    if type(identifier) is dict:
        identifier = identifier.get("_id")
    if type(identifier) is not str:
        return None
    name, separator, key = identifier.partition("/")
    if not separator:
        return None if collection is None else _read(run, collection, identifier)
    return _read(run, name, key) if collection in (None, name) else None


@function("DOCUMENT", 1, 2, with_run=True, collections=(0,))
def document(run: Run, first: Any, *second: Any) -> Any:
    """Return a document by its id or key; of an array, those that exist."""
    collection, wanted = (text(first), second[0]) if second else (None, first)
    if type(wanted) is not list:
        return _lookup(run, collection, wanted)
    found = (_lookup(run, collection, identifier) for identifier in wanted)
    return [item for item in found if item is not None]


@function("COLLECTIONS", 0, with_run=True)
def collections(run: Run) -> list[Document]:
    """Return names and ids of the collections that the user may read."""
    known = sorted(run.database.collections.items())
    return [
        {"_id": getattr(collection, "id", name), "name": name}
        for name, collection in known
        if run.is_readable(name)
    ]


@function("COLLECTION_COUNT", 1, with_run=True, collections=(0,))
def collection_count(run: Run, name: Any) -> int:
    """Return the number of documents of a collection."""
    found = run.database.find(text(name))
    if found is None:
        raise failure(1203, f"collection or view not found: {name}", 404)
    count: int = found.count()
    return count


@function("CURRENT_DATABASE", 0, with_run=True)
def current_database(run: Run) -> str:
    """Return the database's name."""
    return run.database.name


@function("CURRENT_USER", 0, with_run=True)
def current_user(run: Run) -> str | None:
    """Return the user's name."""
    return run.context.user or None


@function("VERSION", 0)
def version() -> str:
    """Return the version of ArangoDB that the server imitates."""
    return "3.12.0"


def _identifier(value: Any) -> tuple[str, str]:
    identifier = value.get("_id") if type(value) is dict else value
    collection, separator, key = text(identifier).partition("/")
    if not (collection and separator and key) or "/" in key:
        raise ArgumentError
    return collection, key


@function("PARSE_IDENTIFIER")
def parse_identifier(value: Any) -> Document:
    """Return the collection and key of a document's id."""
    collection, key = _identifier(value)
    return {"collection": collection, "key": key}


@function("PARSE_KEY")
def parse_key(value: Any) -> str:
    """Return the key of a document's id."""
    return _identifier(value)[1]


@function("PARSE_COLLECTION")
def parse_collection(value: Any) -> str:
    """Return the collection of a document's id."""
    return _identifier(value)[0]


@function("IS_SAME_COLLECTION", 2, collections=(0, 1))
def is_same_collection(first: Any, second: Any) -> Any:
    """Tell whether two documents, ids or collections belong together."""
    names = []
    for value in (first, second):
        identifier = value.get("_id") if type(value) is dict else value
        names.append(text(identifier).partition("/")[0])
    return names[0] == names[1]


@function("CHECK_DOCUMENT")
def check_document(value: Any) -> bool:
    """Tell whether a document is well formed."""
    return type(value) is dict


def _call(run: Run, name: Any, arguments: list[Any]) -> Any:
    wanted = text(name).upper()
    definition = REGISTRY.get(wanted)
    if definition is None:
        raise failure(1540, f"usage of unknown function '{wanted}()'", 400)
    if wanted in ("CALL", "APPLY"):
        raise failure(1578, f"disallowed dynamic call to '{wanted}'", 400)
    most = definition.maximum
    if len(arguments) < definition.minimum or (most is not None and len(arguments) > most):
        raise failure(1541, f"invalid number of arguments for function '{wanted}()'", 400)
    given = [run, *arguments] if definition.with_run else arguments
    return definition.implementation(*given)


@function("CALL", 1, None, with_run=True)
def call(run: Run, name: Any, *arguments: Any) -> Any:
    """Call a function by its name."""
    return _call(run, name, list(arguments))


@function("APPLY", 1, 2, with_run=True)
def apply(run: Run, name: Any, arguments: Any = None) -> Any:
    """Call a function by its name with an array of arguments."""
    return _call(run, name, [] if arguments is None else array(arguments))
