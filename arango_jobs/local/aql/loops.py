"""Compiles FOR over collections, arrays, ranges and objects."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from arango_jobs.local.aql import nodes
from arango_jobs.local.aql.compilation import Compilation, Evaluate, Frame
from arango_jobs.local.aql.context import CollectionLike
from arango_jobs.local.aql.expressions import compile_source
from arango_jobs.local.aql.lookups import Lookup, find_lookup
from arango_jobs.local.aql.pipeline import STATEMENTS, Step, read_options
from arango_jobs.local.aql.run import CHUNK, Run, failure
from arango_jobs.local.aql.values import type_name

__all__: list[str] = []

Rest = tuple[nodes.Node, ...]


def _looping(run: Run, slot: int, items_for: Callable[[Frame], Sequence[Any]]) -> Step:
    """Return the step that gives the variable each item; it can be stopped between chunks."""

    def step(source: Iterable[Frame]) -> Iterator[Frame]:
        for frame in source:
            items = items_for(frame)
            run.check()
            for start in range(0, _length(items), CHUNK):
                if start:
                    run.check()
                for frame[slot] in items[start : start + CHUNK]:
                    yield frame

    return step


def _length(items: Sequence[Any]) -> int:
    # len() fails for a range longer than a machine word can count.
    return abs(items.stop - items.start) if isinstance(items, range) else len(items)


def _all_documents(run: Run, collection: CollectionLike) -> Callable[[Frame], Sequence[Any]]:
    def items(frame: Frame) -> Sequence[Any]:
        documents = collection.all()
        run.scanned_full += len(documents)
        return documents

    return items


def _found_documents(run: Run, lookup: Lookup) -> Callable[[Frame], Sequence[Any]]:
    def items(frame: Frame) -> Sequence[Any]:
        documents = lookup.fetch(frame)
        run.scanned_index += len(documents)
        return documents

    return items


def _over_collection(unit: Compilation, node: nodes.ForIn, name: str, rest: Rest) -> Step:
    collection = unit.reading(name)
    variable = node.variables[0]
    lookup = find_lookup(unit, collection, variable, rest)
    unit.enter_loop()
    slot = unit.declare(variable)
    record = unit.plan.variable(variable, slot)
    record["isFullDocumentFromCollection"] = record["isDataFromCollection"] = True
    count = collection.count()
    if lookup is None:
        unit.plan.add(
            "EnumerateCollectionNode", rows=count * unit.plan.rows, collection=collection.name,
            database=unit.run.database.name, outVariable=record, random=False,
        )  # fmt: skip
        return _looping(unit.run, slot, _all_documents(unit.run, collection))
    unit.plan.rule("use-indexes")
    unit.plan.add(
        "IndexNode", collection=collection.name, database=unit.run.database.name,
        outVariable=record, indexes=[{"name": lookup.index, "fields": list(lookup.fields)}],
    )  # fmt: skip
    return _looping(unit.run, slot, _found_documents(unit.run, lookup))


def _array_items(source: Evaluate) -> Callable[[Frame], Sequence[Any]]:
    def items(frame: Frame) -> Sequence[Any]:
        value = source(frame)
        if type(value) is list or type(value) is range:
            return value
        raise failure(
            1563,
            "collection or array expected as operand to FOR loop; "
            f"you provided a value of type '{type_name(value)}'",
            400,
        )

    return items


def _over_object(unit: Compilation, node: nodes.ForIn, source: Evaluate) -> Step:
    unit.enter_loop()
    names = [unit.declare(variable) for variable in node.variables]
    unit.plan.add("EnumerateListNode", rows=unit.plan.rows * 10, mode="object")
    run = unit.run

    def step(frames: Iterable[Frame]) -> Iterator[Frame]:
        for frame in frames:
            value = source(frame)
            run.check()
            if type(value) is not dict:
                raise failure(
                    1563, f"object expected as operand to FOR loop; you provided a value of type "
                    f"'{type_name(value)}'", 400,
                )  # fmt: skip
            for frame[names[0]], frame[names[-1]] in list(value.items()):
                yield frame

    return step


def _for_in(unit: Compilation, node: nodes.ForIn, rest: Rest) -> Step:
    if node.search is not None:
        raise unit.unsupported("SEARCH (views)")
    options = read_options(unit, node.options)
    source = node.source
    if isinstance(source, nodes.BindCollection):
        name = unit.collection_name(nodes.CollectionRef(None, source.name))
        return _over_collection(unit, node, name, rest)
    if isinstance(source, nodes.Name) and unit.is_collection(source.name):
        return _over_collection(unit, node, source.name, rest)
    evaluate = compile_source(unit, source)
    if len(node.variables) == 2 and options.get("type") == "object":
        return _over_object(unit, node, evaluate)
    if len(node.variables) != 1:
        raise unit.unsupported("FOR with several variables over an array")
    unit.enter_loop()
    slot = unit.declare(node.variables[0])
    unit.plan.add(
        "EnumerateListNode", rows=unit.plan.rows * 10,
        outVariable=unit.plan.variable(node.variables[0], slot),
    )  # fmt: skip
    return _looping(unit.run, slot, _array_items(evaluate))


STATEMENTS[nodes.ForIn] = _for_in
