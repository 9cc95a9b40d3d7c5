"""What compiling a query needs to know: variables and their slots, bind values, collections.

Compiling turns a tree into closures over a frame, a list with one slot per variable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
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


class Compilation:
    """The state of compiling one query for one run."""

    def __init__(self, run: Run, bind_vars: Mapping[str, Any]) -> None:
        self.run = run
        self.bind_vars = bind_vars
        self.plan = PlanRecorder()
        self.slots = 0
        self.modified: set[str] = set()
        self.access: dict[str, str] = {}
        self.elements: list[int] = []
        # The frame that each query in work started from, for the rows it makes of nothing.
        self.bases: list[list[Frame]] = []
        self.full_count_limit: nodes.Node | None = None
        self._levels: list[dict[str, int]] = [{}]
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
        self._levels[-1][name] = slot = self.new_slot()
        return slot

    def new_slot(self) -> int:
        """Return a slot of its own for a value without a name."""
        self.slots += 1
        return self.slots - 1

    def find(self, name: str) -> int | None:
        """Return the slot of a visible variable."""
        for level in reversed(self._levels):
            if name in level:
                return level[name]
        return None

    @property
    def visible(self) -> dict[str, int]:
        """Return the variables of the innermost query, by name."""
        return self._levels[-1]

    def drop_visible(self) -> None:
        """Forget the innermost query's variables: COLLECT ends them."""
        self._dropped.update(self._levels[-1])
        self._levels[-1].clear()

    def was_dropped(self, name: str) -> bool:
        """Tell whether a variable of that name existed before a COLLECT."""
        return name in self._dropped

    @contextmanager
    def nested(self) -> Iterator[None]:
        """Enter a sub-query or an inline expression: its variables end with it."""
        self._levels.append({})
        try:
            yield
        finally:
            self._levels.pop()

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
        if self.access.setdefault(collection.name, "read") == "read":
            self._allow(self.run.context.can_read, collection.name)
        return collection

    def writing(self, name: str) -> CollectionLike:
        """Return a collection for writing."""
        collection = self._open(name)
        if collection.name in self.modified:
            raise problem(1579, f"access after data-modification by {collection.name}", 400)
        self._allow(self.run.context.can_write, collection.name)
        self.access[collection.name] = "write"
        self.modified.add(collection.name)
        return collection

    def _open(self, name: str) -> CollectionLike:
        try:
            collection: CollectionLike = self.run.context.database.collection(name)
        except ArangoError as error:
            if error.error_num != 1203:
                raise
            raise problem(1203, f"collection or view not found: {name}", 404) from None
        return collection

    @staticmethod
    def _allow(right: Callable[[str], bool], name: str) -> None:
        if not right(name):
            raise ArangoError(11, f"AQL: not authorized to access collection '{name}'", 403)
