"""One script run by one library in one context against a server of its own."""

from __future__ import annotations

import ast
import itertools
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

import arango
from records import record

import arango_jobs

__all__ = ["CONTEXTS", "Step", "World", "steps"]

_STEP = re.compile(r"(?:\[(?P<keys>[\w, -]+)\] )?(?P<text>.+)")
DATABASE = "differential"


@dataclass(frozen=True)
class Step:
    """One line of a script: `keys` name the rows of the differences it may show."""

    keys: tuple[str, ...]
    text: str

    @property
    def tree(self) -> ast.stmt:
        """The line, parsed."""
        return ast.parse(self.text).body[0]


def steps(script: str) -> list[Step]:
    """Return the lines of a script."""
    found = []
    for line in filter(None, map(str.strip, script.splitlines())):
        keyed = _STEP.fullmatch(line)
        # A list that is built is no key: those are words with dashes between.
        keys, text = (keyed["keys"], keyed["text"]) if keyed is not None else (None, line)
        found.append(Step(tuple((keys or "").split(", ")) if keys else (), text))
    return found


def wait_for(job: Any) -> None:
    """Ask about a job until it is done."""
    for _ in itertools.count():
        if job.status() == "done":
            return


def settled(value: Any) -> Any:
    """Return what comes of a job, a future, or a list of them."""
    if hasattr(value, "end_with_result"):
        return value.result(timeout=20)
    if type(value).__name__ == "AsyncJob":
        wait_for(value)
        return value.result()
    if isinstance(value, list):
        return [settled(each) for each in value]
    return value


Opened = tuple[Any, Any]


@contextmanager
def _direct(db: Any, system: Any) -> Iterator[Opened]:
    yield db, system


@contextmanager
def _async(db: Any, system: Any) -> Iterator[Opened]:
    yield db.begin_async_execution(), system.begin_async_execution()


@contextmanager
def _managed(db: Any, system: Any) -> Iterator[Opened]:
    with arango_jobs.JobManager(db) as jobs, arango_jobs.JobManager(system) as others:
        yield jobs.db, others.db


CONTEXTS: dict[str, Callable[[Any, Any], AbstractContextManager[Opened]]] = {
    "direct": _direct,
    "async": _async,
    "managed": _managed,
}


class World:
    """A server, to which both libraries' clients talk."""

    def __init__(self, url: str) -> None:
        self.url = url
        # What is set up and looked at is so by one library for both.
        self._system = arango.ArangoClient(hosts=url).db("_system", "root", "")

    def run(self, library: Any, context: str, script: list[Step], receiver: str) -> list[Any]:
        """Return what each step gave, and at last what is stored."""
        self._set_up(receiver)
        client = library.ArangoClient(hosts=self.url)
        system = client.db("_system", username="root", password="")
        db = client.db(DATABASE, username="root", password="")
        with CONTEXTS[context](db, system) as (db, system), warnings.catch_warnings():
            # The driver warns of calls that ArangoDB will not have much longer.
            warnings.simplefilter("ignore")
            variables = {"client": client, "system": system, "db_name": DATABASE}
            variables.update(_handles(db, receiver), wait_for=wait_for)
            # Only what the tests of jobs themselves hold is not waited for.
            settle = settled if "begin_async_execution" not in str(script) else lambda value: value
            results = [self._step(step, variables, settle) for step in script]
        client.close()
        return [*results, self._stored()]

    def _step(self, step: Step, variables: dict[str, Any], settle: Callable[[Any], Any]) -> Any:
        tree = step.tree
        assert isinstance(tree, (ast.Assign, ast.Expr))
        try:
            value = settle(eval(compile(ast.Expression(tree.value), "step", "eval"), variables))
            if isinstance(tree, ast.Assign):
                target = tree.targets[0]
                assert isinstance(target, ast.Name)
                variables[target.id] = value
                return None
            return record(value)
        except Exception as error:  # noqa: BLE001  what is raised is what is compared
            return record(error)

    def _set_up(self, receiver: str) -> None:
        self._clean_up()
        self._system.create_database(DATABASE)
        db = arango.ArangoClient(hosts=self.url).db(DATABASE, "root", "")
        graph = db.create_graph(
            "g",
            edge_definitions=[
                {
                    "edge_collection": "ge",
                    "from_vertex_collections": ["gv"],
                    "to_vertex_collections": ["gv"],
                }
            ],
        )
        db.collection("gv").insert_many([{"_key": "1"}, {"_key": "2"}])
        ends = {"_from": "gv/1", "_to": "gv/2"}
        db.collection("ge").insert({"_key": "e1", **ends})
        db.create_collection("s", edge=receiver == "EdgeCollection")
        db.create_collection("x")
        if receiver == "VertexCollection":
            graph.create_vertex_collection("s")
        if receiver == "EdgeCollection":
            graph.create_edge_definition("s", ["gv"], ["gv"])
        documents = ({"n": 1}, {"n": 2}, {"n": 2, "deep": {"x": 1}})
        extra = ends if receiver == "EdgeCollection" else {}
        db.collection("s").insert_many(
            [{"_key": key, **extra, **each} for key, each in zip("abd", documents, strict=True)]
        )

    def _clean_up(self) -> None:
        for name in self._system.databases():
            if name != "_system":
                self._system.delete_database(name)
        for user in self._system.users():
            if user["username"] != "root":
                self._system.delete_user(user["username"])
        self._system.clear_async_jobs()

    def _stored(self) -> Any:
        db = arango.ArangoClient(hosts=self.url).db(DATABASE, "root", "")
        names = sorted(each["name"] for each in db.collections() if not each["system"])
        each_one = ", ".join(
            f"`{name}`: (FOR d IN `{name}` SORT d._key RETURN d)" for name in names
        )
        documents = db.aql.execute(f"RETURN {{{each_one}}}").next()
        indexes = db.collection("s").indexes() if "s" in names else None
        return record(
            {"documents": documents, "indexes of s": indexes, "graphs": db.graphs(),
             "databases": sorted(self._system.databases())}
        )  # fmt: skip


def _handles(db: Any, receiver: str) -> dict[str, Any]:
    g = db.graph("g")
    collections = {
        "StandardCollection": lambda: db.collection("s"),
        "VertexCollection": lambda: g.vertex_collection("s"),
        "EdgeCollection": lambda: g.edge_collection("s"),
    }
    return {
        "db": db,
        "aql": db.aql,
        "g": g,
        "gv": g.vertex_collection("gv"),
        "ge": g.edge_collection("ge"),
        "c": collections[receiver](),
    }
