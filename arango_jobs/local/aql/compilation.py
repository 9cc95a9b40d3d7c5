"""What compiling a query needs to know: variables and their slots, bind values, collections.

Compiling turns a tree into closures over a frame, a list with one slot per variable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from arango_jobs.local.aql import nodes
from arango_jobs.local.aql.context import CollectionLike
from arango_jobs.local.aql.plan import PlanRecorder
from arango_jobs.local.aql.run import Run
from arango_jobs.local.errors import ArangoError

__all__ = ["MISSING", "Compilation", "Evaluate", "Frame", "problem"]

Frame = list[Any]
Evaluate = Callable[[Frame], Any]

MISSING: Any = object()


def problem(number: int, message: str, status: int | None = None) -> ArangoError:
    """Return an error found before the query runs, worded as ArangoDB does."""
    return ArangoError(number, f"AQL: {message} (while parsing)", status)


@dataclass(slots=True)
class _Level:
    """Variables that begin and end together."""

    names: dict[str, int] = field(default_factory=dict)
    is_loop: bool = False


class Compilation:
    """The state of compiling one query for one run."""

    def __init__(self, run: Run, bind_vars: Mapping[str, Any]) -> None:
        self.run = run
        self.bind_vars = bind_vars
        self.plan = PlanRecorder()
        self.slots = 0
        self.modified: set[str] = set()
        # The collections that are written to, and whether alone.
        self.locks: dict[str, bool] = {}
        self.access: dict[str, str] = {}
        self.elements: list[int] = []
        # The frame that each query in work started from, for the rows it makes of nothing.
        self.bases: list[list[Frame]] = []
        self.full_count_limit: nodes.Node | None = None
        self._levels = [_Level()]
        self._dropped: set[str] = set()
        self._used: set[str] = set()

    @staticmethod
    def unsupported(what: str) -> ArangoError:
        """Return the error for a construct that this server does not have."""
        return problem(9, f"not implemented by the embedded server: {what}", 501)

    # variables

    def declare(self, name: str, *, again: bool = False) -> int:
        """Give a new variable a slot; raise 1511 if the name is taken."""
        if not again and self.find(name) is not None:
            raise problem(1511, f"variable '{name}' is assigned multiple times", 400)
        self._levels[-1].names[name] = slot = self.new_slot()
        return slot

    def new_slot(self) -> int:
        """Return a slot of its own for a value without a name."""
        self.slots += 1
        return self.slots - 1

    def find(self, name: str) -> int | None:
        """Return the slot of a visible variable."""
        for level in reversed(self._levels):
            if name in level.names:
                return level.names[name]
        return None

    def enter_loop(self) -> None:
        """Begin the level of a FOR: it lasts until COLLECT or the end of the query."""
        self._levels.append(_Level(is_loop=True))

    def _loops(self) -> int:
        """Return the position of the innermost query's first loop among the levels."""
        position = len(self._levels)
        while self._levels[position - 1].is_loop:
            position -= 1
        return position

    @property
    def collectable(self) -> dict[str, int]:
        """Return the variables that COLLECT groups: those of the loops, if there are any."""
        loops = self._levels[self._loops() :] or self._levels[-1:]
        return {name: slot for level in loops for name, slot in level.names.items()}

    def end_loops(self) -> None:
        """Forget the variables of the innermost query's loops, as COLLECT does."""
        position = self._loops()
        for level in self._levels[position:]:
            self._dropped.update(level.names)
        if position < len(self._levels):
            self._levels[position:] = [_Level(is_loop=True)]

    def was_dropped(self, name: str) -> bool:
        """Tell whether a variable of that name existed before a COLLECT."""
        return name in self._dropped

    def is_collection(self, name: str) -> bool:
        """Tell whether a name stands for a collection: it is no variable and never was."""
        return self.find(name) is None and name not in self._dropped

    @contextmanager
    def nested(self) -> Iterator[None]:
        """Enter a sub-query or an inline expression: its variables end with it."""
        depth = len(self._levels)
        self._levels.append(_Level())
        try:
            yield
        finally:
            del self._levels[depth:]

    # bind parameters

    def bind(self, name: str) -> Any:
        """Return the value of a bind parameter; raise 1551 if there is none."""
        self._used.add(name)
        if name not in self.bind_vars:
            message = f"no value specified for declared bind parameter '{name}'"
            raise problem(1551, message, 400)
        return self.bind_vars[name]

    def check_binds(self) -> None:
        """Raise 1552 for a value that the query does not use."""
        for name in self.bind_vars:
            if name not in self._used:
                message = f"bind parameter '{name}' was not declared in the query"
                raise problem(1552, message, 400)

    def constant(self, node: nodes.Node | None) -> Any:
        """Return the value of a literal or a bind parameter, else MISSING."""
        if isinstance(node, nodes.Constant):
            return node.value
        if isinstance(node, nodes.Bind):
            return self.bind(node.name)
        return MISSING

    # collections

    def collection_name(self, reference: nodes.CollectionRef) -> str:
        """Return the name that `reference` stands for."""
        if reference.bind is None:
            return reference.name or ""
        value = self.bind(reference.bind)
        if not isinstance(value, str) or not value:
            message = f"bind parameter '{reference.bind}' has an invalid value or type"
            raise problem(1553, message, 400)
        return value

    def reading(self, name: str) -> CollectionLike:
        """Return a collection for reading."""
        collection = self._open(name)
        if collection.name in self.modified:
            raise problem(1579, f"access after data-modification by {collection.name}", 400)
        self.run.require_readable(collection.name)
        self.access.setdefault(collection.name, "read")
        return collection

    def writing(self, name: str, *, exclusive: bool = False) -> CollectionLike:
        """Return a collection for writing, alone if `exclusive`."""
        collection = self._open(name)
        if collection.name in self.modified:
            raise problem(1579, f"access after data-modification by {collection.name}", 400)
        self.run.require_writable(collection.name)
        self.access[collection.name] = "write"
        self.modified.add(collection.name)
        self.locks[collection.name] = exclusive or self.locks.get(collection.name, False)
        return collection

    def _open(self, name: str) -> CollectionLike:
        try:
            collection: CollectionLike = self.run.database.collection(name)
        except ArangoError as error:
            if error.error_num != 1203:
                raise
            raise problem(1203, f"collection or view not found: {name}", 404) from None
        return collection
