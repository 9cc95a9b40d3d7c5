"""Compiles INSERT, UPDATE, REPLACE, REMOVE and UPSERT.

Everything that the rows before need is read before the first write. Knows the store only
through its interface.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from arango_jobs.local.aql import nodes
from arango_jobs.local.aql.compilation import Compilation, Evaluate, Frame
from arango_jobs.local.aql.context import CollectionLike
from arango_jobs.local.aql.expressions import compile_expression
from arango_jobs.local.aql.operations import kept
from arango_jobs.local.aql.pipeline import STATEMENTS, Step, read_options
from arango_jobs.local.aql.run import CHUNK
from arango_jobs.local.aql.searching import find_match
from arango_jobs.local.aql.values import is_true
from arango_jobs.local.errors import ArangoError

__all__ = ["key_of", "worded"]

Rest = tuple[nodes.Node, ...]
Write = Callable[[Frame], Any]
Options = dict[str, Any]

_MODES = ("ignore", "replace", "update", "conflict")
_NODE_TYPES = {
    "insert": "InsertNode",
    "update": "UpdateNode",
    "replace": "ReplaceNode",
    "remove": "RemoveNode",
}


def worded(error: ArangoError) -> ArangoError:
    """Return an error of the store as a query reports it."""
    if error.message.startswith("AQL:"):
        return error
    status = 409 if error.error_num == 1200 else error.status
    return ArangoError(error.error_num, f"AQL: {error.message} (while executing)", status)


def key_of(value: Any) -> str:
    """Return the document key that a string or an object gives; raise 1227 or 1221."""
    key = value.get("_key") if type(value) is dict else value
    if type(key) is str and key:
        return key
    if type(value) is dict or type(value) is str:
        raise ArangoError(1221, "illegal document key")
    raise ArangoError(1227, "invalid document type")


def _revision(options: Options, value: Any) -> str | None:
    if options.get("ignoreRevs", True) is not False or type(value) is not dict:
        return None
    revision = value.get("_rev")
    return revision if type(revision) is str else None


def _merging(options: Options) -> Options:
    return {
        "keep_null": options.get("keepNull", True) is not False,
        "merge_objects": options.get("mergeObjects", True) is not False,
    }


def _versioned(options: Options) -> Options:
    """Return the option that guards against older versions, where one is given."""
    name = options.get("versionAttribute")
    return {"version_attribute": name} if type(name) is str and name else {}


def _overwrite_mode(options: Options) -> str | None:
    mode = options.get("overwriteMode")
    if mode in _MODES:
        return str(mode)
    return "replace" if options.get("overwrite") is True else None


def _inserting(collection: CollectionLike, document: Evaluate, options: Options) -> Write:
    how = {"overwrite_mode": _overwrite_mode(options), **_merging(options), **_versioned(options)}
    return lambda frame: collection.insert(document(frame), **how)


def _removing(collection: CollectionLike, document: Evaluate, options: Options) -> Write:
    def write(frame: Frame) -> Any:
        value = document(frame)
        return collection.remove(key_of(value), rev=_revision(options, value))

    return write


def _changing(
    collection: CollectionLike, kind: str, document: Evaluate, patch: Evaluate, options: Options
) -> Write:
    how = {**_versioned(options), **(_merging(options) if kind == "update" else {})}
    change = collection.update if kind == "update" else collection.replace

    def write(frame: Frame) -> Any:
        value = document(frame)
        return change(key_of(value), patch(frame), rev=_revision(options, value), **how)

    return write


def _writing(unit: Compilation, write: Write, options: Options) -> Step:
    """Return the step that writes once for every row and sets OLD and NEW."""
    old, new = unit.declare("OLD", again=True), unit.declare("NEW", again=True)
    return _write_all(unit, write, options, old, new)


def _write_all(unit: Compilation, write: Write, options: Options, old: int, new: int) -> Step:
    run, forgiving = unit.run, is_true(options.get("ignoreErrors"))

    def attempt(frame: Frame) -> None:
        frame[old] = frame[new] = None
        try:
            written = write(frame)
        except ArangoError as error:
            if not forgiving:
                raise worded(error) from error
            run.ignored += 1
            return
        frame[old], frame[new] = written.old, written.new
        if getattr(written, "skipped", False):
            run.ignored += 1
        else:
            run.note_write()

    def step(source: Iterable[Frame]) -> Iterator[Frame]:
        frames = kept(unit, source)
        for number, frame in enumerate(frames):
            if not number % CHUNK:
                run.check()
            attempt(frame)
        return iter(frames)

    return step


def _target(unit: Compilation, reference: nodes.CollectionRef, options: Options) -> CollectionLike:
    exclusive = options.get("exclusive") is True
    return unit.writing(unit.collection_name(reference), exclusive=exclusive)


def _modification(unit: Compilation, node: nodes.Modification, rest: Rest) -> Step:
    document = compile_expression(unit, node.document)
    patch = document if node.patch is None else compile_expression(unit, node.patch)
    options = read_options(unit, node.options)
    collection = _target(unit, node.collection, options)
    if node.kind == "insert":
        write = _inserting(collection, document, options)
    elif node.kind == "remove":
        write = _removing(collection, document, options)
    else:
        write = _changing(collection, node.kind, document, patch, options)
    unit.plan.add(_NODE_TYPES[node.kind], collection=collection.name, modificationFlags=options)
    return _writing(unit, write, options)


def _upsert(unit: Compilation, node: nodes.Upsert, rest: Rest) -> Step:
    search, insert = compile_expression(unit, node.search), compile_expression(unit, node.insert)
    options = read_options(unit, node.options)
    old = unit.declare("OLD", again=True)
    patch = compile_expression(unit, node.patch)
    new = unit.declare("NEW", again=True)
    collection = _target(unit, node.collection, options)
    inserting = _inserting(collection, insert, options)
    changing = _changing(collection, node.kind, lambda frame: frame[old], patch, options)
    run = unit.run

    def write(frame: Frame) -> Any:
        frame[old] = find_match(run, collection, search(frame))
        return inserting(frame) if frame[old] is None else changing(frame)

    unit.plan.add("UpsertNode", collection=collection.name, modificationFlags=options)
    return _write_all(unit, write, options, old, new)


STATEMENTS.update({nodes.Modification: _modification, nodes.Upsert: _upsert})
