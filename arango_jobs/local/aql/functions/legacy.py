"""The old functions that search a collection by a geo or fulltext index.

They look at all documents; the index says which attributes to look at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from arango_jobs.local.aql.context import CollectionLike
from arango_jobs.local.aql.functions.arguments import bounded, number, text
from arango_jobs.local.aql.functions.geo import distance_between
from arango_jobs.local.aql.functions.registry import ArgumentError, function
from arango_jobs.local.aql.run import Run, failure
from arango_jobs.local.aql.values import is_number

__all__: list[str] = []

Document = dict[str, Any]
_WORD = re.compile(r"\w+")


def _collection(run: Run, name: Any) -> CollectionLike:
    found: CollectionLike | None = run.database.find(text(name))
    if found is None:
        raise failure(1203, f"collection or view not found: {name}", 404)
    return found


def _reach(document: Document, path: str) -> Any:
    value: Any = document
    for name in path.split("."):
        value = value.get(name) if type(value) is dict else None
    return value


def _coordinates(document: Document, index: Any) -> tuple[float, float] | None:
    """Return longitude and latitude as the index reads them."""
    found = [_reach(document, field) for field in index.fields]
    value = found if len(found) == 2 else found[0]
    geo_json = bool(getattr(index, "definition", {}).get("geoJson", False))
    if type(value) is dict:
        value, geo_json = value.get("coordinates"), True
    if type(value) is not list or len(value) < 2 or not all(map(is_number, value[:2])):
        return None
    return (value[0], value[1]) if geo_json else (value[1], value[0])


def _by_distance(
    run: Run, name: Any, latitude: Any, longitude: Any
) -> Iterator[tuple[float, Document]]:
    collection = _collection(run, name)
    index = next((index for index in collection.indexes if index.type == "geo"), None)
    if index is None:
        raise failure(1570, f"no suitable geo index found for geo restriction on '{name}'", 400)
    centre = number(longitude), number(latitude)
    found = []
    for document in collection.all():
        where = _coordinates(document, index)
        if where is not None:
            found.append((distance_between(centre, where), document))
    run.scanned_index += len(found)
    return iter(sorted(found, key=lambda item: item[0]))


def _with_distance(document: Document, distance: float, name: Any) -> Document:
    return document if name is None else {**document, text(name): distance}


@function("NEAR", 3, 5, with_run=True, collections=(0,))
def near(
    run: Run, name: Any, latitude: Any, longitude: Any, limit: Any = 100, shown: Any = None
) -> list[Document]:
    """Return the documents nearest to a place."""
    found = list(_by_distance(run, name, latitude, longitude))[: bounded(limit)]
    return [_with_distance(document, distance, shown) for distance, document in found]


@function("WITHIN", 4, 5, with_run=True, collections=(0,))
def within(
    run: Run, name: Any, latitude: Any, longitude: Any, radius: Any, shown: Any = None
) -> list[Document]:
    """Return the documents within some metres of a place, the nearest first."""
    most = number(radius)
    found = _by_distance(run, name, latitude, longitude)
    return [
        _with_distance(document, distance, shown)
        for distance, document in found
        if distance <= most
    ]


def _words(value: Any) -> set[str]:
    if type(value) is str:
        return {word.lower() for word in _WORD.findall(value)}
    parts = value.values() if type(value) is dict else value if type(value) is list else ()
    return {word for part in parts for word in _words(part)}


def _has(words: set[str], term: str) -> bool:
    if term.startswith("prefix:"):
        return any(word.startswith(term[7:]) for word in words)
    return term.removeprefix("complete:") in words


def _is_found(words: set[str], query: str) -> bool:
    found = True
    for part in query.lower().split(","):
        term = part.strip()
        if term[:1] == "|":
            found = found or _has(words, term[1:])
        elif term[:1] == "-":
            found = found and not _has(words, term[1:])
        elif term:
            found = found and _has(words, term.removeprefix("+"))
    return found


@function("FULLTEXT", 3, 4, with_run=True, collections=(0,))
def fulltext(run: Run, name: Any, attribute: Any, query: Any, limit: Any = 0) -> list[Document]:
    """Return the documents with some words in an attribute."""
    collection, path, wanted = _collection(run, name), text(attribute), text(query)
    if not wanted.strip():
        raise ArgumentError
    if not any(index.type == "fulltext" and path in index.fields for index in collection.indexes):
        message = f"no suitable fulltext index found for fulltext query on '{name}'"
        raise failure(1571, message, 400)
    found = [d for d in collection.all() if _is_found(_words(_reach(d, path)), wanted)]
    most = bounded(limit)
    return found[:most] if most else found
