"""Compiles function calls: looks the function up, counts its arguments, wraps its warnings."""

from __future__ import annotations

from typing import Any

from arango_jobs.local.aql import nodes
from arango_jobs.local.aql.compilation import Compilation, Evaluate, Frame, problem
from arango_jobs.local.aql.context import CollectionLike
from arango_jobs.local.aql.expressions import COMPILERS, compile_expression
from arango_jobs.local.aql.functions import REGISTRY, UNSUPPORTED, ArgumentError, Definition
from arango_jobs.local.aql.run import Run

__all__ = ["call_function", "find_function"]

_COUNTING = ("LENGTH", "COUNT", "COLLECTION_COUNT")


def find_function(name: str) -> Definition:
    """Return a function by its name in upper case; raise 1540, or 9 if only ArangoDB has it."""
    definition = REGISTRY.get(name)
    if definition is None:
        if name in UNSUPPORTED:
            raise Compilation.unsupported(f"function {name}()")
        if "::" in name:
            raise problem(1582, f"user function '{name}()' not found", 404)
        raise problem(1540, f"usage of unknown function '{name}()'", 400)
    return definition


def _check_count(definition: Definition, name: str, count: int) -> None:
    most = definition.maximum
    if count < definition.minimum or (most is not None and count > most):
        raise problem(
            1541,
            f"invalid number of arguments for function '{name}()', expected number of arguments: "
            f"minimum: {definition.minimum}, maximum: {1000 if most is None else most}",
            400,
        )


def call_function(run: Run, name: str, definition: Definition, arguments: list[Any]) -> Any:
    """Call a function; what it cannot use gives null and a warning."""
    try:
        if definition.with_run:
            return definition.implementation(run, *arguments)
        return definition.implementation(*arguments)
    except ArgumentError as error:
        message = error.message or f"invalid argument type in call to function '{name}()'"
        run.warn(error.number, message)
        return None


def _collection_of(unit: Compilation, node: nodes.Node) -> str | None:
    """Return the collection that an argument names, if it names one."""
    if isinstance(node, nodes.BindCollection):
        return unit.collection_name(nodes.CollectionRef(None, node.name))
    if isinstance(node, nodes.Name) and unit.is_collection(node.name):
        return node.name
    return None


def _documents(unit: Compilation, collection: CollectionLike) -> Evaluate:
    run = unit.run

    def evaluate(frame: Frame) -> list[Any]:
        run.check()
        documents = collection.all()
        run.scanned_full += len(documents)
        return documents

    return evaluate


def _argument(unit: Compilation, node: nodes.Node, definition: Definition, number: int) -> Evaluate:
    collection = _collection_of(unit, node)
    if collection is None:
        return compile_expression(unit, node)
    opened = unit.reading(collection)
    if number in definition.collections:
        name = opened.name
        return lambda frame: name
    return _documents(unit, opened)


def _function(unit: Compilation, node: nodes.Function) -> Evaluate:
    name, run = node.name, unit.run
    definition = find_function(name)
    _check_count(definition, name, len(node.arguments))
    if name in _COUNTING:
        collection = _collection_of(unit, node.arguments[0])
        if collection is not None:
            opened = unit.reading(collection)
            return lambda frame: opened.count()
    arguments = [
        _argument(unit, argument, definition, number)
        for number, argument in enumerate(node.arguments)
    ]
    if len(arguments) == 1 and not definition.with_run:
        return _unary_call(run, name, definition, arguments[0])
    return lambda frame: call_function(
        run, name, definition, [argument(frame) for argument in arguments]
    )


def _unary_call(run: Run, name: str, definition: Definition, argument: Evaluate) -> Evaluate:
    implementation = definition.implementation

    def evaluate(frame: Frame) -> Any:
        value = argument(frame)
        try:
            return implementation(value)
        except ArgumentError:
            return call_function(run, name, definition, [value])

    return evaluate


COMPILERS[nodes.Function] = _function
