"""Functions for objects."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from arango_jobs.local.aql.functions.arguments import array, object_
from arango_jobs.local.aql.functions.registry import ArgumentError, alias, function
from arango_jobs.local.aql.values import equal, is_true, to_string

__all__: list[str] = []

Object = dict[str, Any]


@function("HAS", 2)
def has(document: Any, name: Any) -> bool:
    """Tell whether an object has an attribute."""
    return type(document) is dict and to_string(name) in document


def _names(document: Any, without_system: Any) -> list[str]:
    names = object_(document)
    return [name for name in names if not (is_true(without_system) and name.startswith("_"))]


@function("ATTRIBUTES", 1, 3)
def attributes(document: Any, without_system: Any = False, in_order: Any = False) -> list[str]:
    """Return the names of an object's attributes."""
    names = _names(document, without_system)
    return sorted(names) if is_true(in_order) else names


alias("KEYS", "ATTRIBUTES")


@function("VALUES", 1, 2)
def values(document: Any, without_system: Any = False) -> list[Any]:
    """Return the values of an object's attributes."""
    return [document[name] for name in _names(document, without_system)]


@function("ENTRIES")
def entries(document: Any) -> list[Any]:
    """Return names and values of an object in pairs."""
    return [[name, value] for name, value in object_(document).items()]


@function("VALUE", 2)
def value(document: Any, path: Any) -> Any:
    """Return what a path of names and positions leads to."""
    found: Any = object_(document)
    for step in array(path):
        if type(found) is dict:
            found = found.get(to_string(step))
        elif type(found) is list and type(step) is int and -len(found) <= step < len(found):
            found = found[step]
        else:
            return None
    return found


def _objects(documents: tuple[Any, ...]) -> list[Object]:
    given = documents[0] if len(documents) == 1 and type(documents[0]) is list else documents
    return [object_(document) for document in given]


@function("MERGE", 1, None)
def merge(*documents: Any) -> Object:
    """Return the attributes of all objects; of equal names, the last."""
    merged: Object = {}
    for document in _objects(documents):
        merged.update(document)
    return merged


def _merged(left: Object, right: Object) -> Object:
    result = dict(left)
    for name, item in right.items():
        before = result.get(name)
        if type(before) is dict and type(item) is dict:
            item = _merged(before, item)
        result[name] = item
    return result


@function("MERGE_RECURSIVE", 1, None)
def merge_recursive(*documents: Any) -> Object:
    """Return the attributes of all objects, merging objects inside them."""
    merged: Object = {}
    for document in _objects(documents):
        merged = _merged(merged, document)
    return merged


def _wanted(names: Iterable[Any]) -> set[str]:
    found: set[str] = set()
    for name in names:
        found.update(map(to_string, name if type(name) is list else [name]))
    return found


@function("UNSET", 2, None)
def unset(document: Any, *names: Any) -> Object:
    """Return an object without some attributes."""
    unwanted = _wanted(names)
    return {name: item for name, item in object_(document).items() if name not in unwanted}


@function("KEEP", 2, None)
def keep(document: Any, *names: Any) -> Object:
    """Return an object with only some attributes."""
    wanted = _wanted(names)
    return {name: item for name, item in object_(document).items() if name in wanted}


def _unset_deep(item: Any, unwanted: set[str]) -> Any:
    if type(item) is dict:
        return {n: _unset_deep(value, unwanted) for n, value in item.items() if n not in unwanted}
    return [_unset_deep(part, unwanted) for part in item] if type(item) is list else item


@function("UNSET_RECURSIVE", 2, None)
def unset_recursive(document: Any, *names: Any) -> Any:
    """Return an object without some attributes on any level."""
    return _unset_deep(object_(document), _wanted(names))


def _keep_deep(item: Any, wanted: set[str]) -> Any:
    if type(item) is dict:
        return {n: _keep_deep(value, wanted) for n, value in item.items() if n in wanted}
    return [_keep_deep(part, wanted) for part in item] if type(item) is list else item


@function("KEEP_RECURSIVE", 2, None)
def keep_recursive(document: Any, *names: Any) -> Any:
    """Return an object with only some attributes on any level."""
    return _keep_deep(object_(document), _wanted(names))


def _fits(document: Object, example: Any) -> bool:
    return all(equal(document.get(name), item) for name, item in object_(example).items())


@function("MATCHES", 2, 3)
def matches(document: Any, examples: Any, as_index: Any = False) -> Any:
    """Tell whether an object fits an example, or which of several it fits."""
    if type(document) is not dict:
        return -1 if is_true(as_index) else False
    given = examples if type(examples) is list else [examples]
    found = next((n for n, example in enumerate(given) if _fits(document, example)), -1)
    return found if is_true(as_index) else found >= 0


@function("ZIP", 2)
def zip_(keys: Any, items: Any) -> Object:
    """Return an object of names and values."""
    if len(array(keys)) != len(array(items)):
        raise ArgumentError
    return dict(zip(map(to_string, keys), items, strict=True))
