"""Writes down the execution plan while a query is compiled, as `/_api/explain` shows it.

Costs are rough: the evaluator does not choose between plans. Knows nothing of running.
"""

from __future__ import annotations

from typing import Any

__all__ = ["PlanRecorder"]


class PlanRecorder:
    """Collects the nodes of a plan; sub-queries have their own list inside a node."""

    def __init__(self) -> None:
        self.rules: list[str] = []
        self.variables: list[dict[str, Any]] = []
        self._next = 0
        self._lists: list[list[dict[str, Any]]] = [[]]
        self._rows = [1]
        self._cost = [0.0]
        self.add("SingletonNode")

    def add(self, kind: str, *, rows: int | None = None, **details: Any) -> dict[str, Any]:
        """Append a node; `rows` is the estimate of what it lets through."""
        self._next += 1
        nodes = self._lists[-1]
        if rows is not None:
            self._rows[-1] = rows
        self._cost[-1] += max(1, self._rows[-1])
        node = {
            "type": kind,
            "dependencies": [nodes[-1]["id"]] if nodes else [],
            "id": self._next,
            "estimatedCost": self._cost[-1],
            "estimatedNrItems": self._rows[-1],
            **details,
        }
        nodes.append(node)
        return node

    @property
    def rows(self) -> int:
        """Return the estimate of how many rows the last node lets through."""
        return self._rows[-1]

    @property
    def nodes(self) -> list[dict[str, Any]]:
        """Return the nodes of the query that is being compiled."""
        return self._lists[-1]

    def variable(self, name: str, slot: int) -> dict[str, Any]:
        """Return the record of a variable, noting it."""
        record = {
            "id": slot,
            "name": name,
            "isFullDocumentFromCollection": False,
            "isDataFromCollection": False,
        }
        self.variables.append(record)
        return record

    def rule(self, name: str) -> None:
        """Note that an optimization was used."""
        if name not in self.rules:
            self.rules.append(name)

    def enter(self) -> None:
        """Begin the list of a sub-query."""
        self._lists.append([])
        self._rows.append(1)
        self._cost.append(0.0)
        self.add("SingletonNode")

    def leave(self) -> dict[str, Any]:
        """End the list of a sub-query and add its node."""
        inner = self._lists.pop()
        self._rows.pop()
        cost = self._cost.pop()
        self._cost[-1] += cost
        return self.add(
            "SubqueryNode",
            subquery={"nodes": inner, "rules": [], "variables": []},
            isConst=False,
        )

    def finish(self, access: dict[str, str], modifies: bool) -> dict[str, Any]:
        """Return the plan."""
        return {
            "nodes": self.nodes,
            "rules": list(self.rules),
            "collections": [{"name": name, "type": kind} for name, kind in access.items()],
            "variables": list(self.variables),
            "estimatedCost": self._cost[-1],
            "estimatedNrItems": self._rows[-1],
            "isModificationQuery": modifies,
        }
