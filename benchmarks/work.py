"""The operations that are measured: the same for every contender, made from the seed.

The three libraries name their calls alike, so a task says once what it calls.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import requests

from benchmarks.servers.base import COLLECTION, Server, Unavailable

__all__ = ["Task", "documents", "gets", "inserts", "queries", "sleeps"]

_QUERY = "FOR d IN @@collection FILTER d._key == @key RETURN d"
_SLEEP = "RETURN SLEEP(@seconds)"
_WORDS = ("alder", "birch", "cedar", "fir", "hazel", "larch", "maple", "oak", "pine", "yew")

Call = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Task:
    """Items, and what is called for each of them."""

    name: str
    items: Sequence[Any]
    call: Callable[[Any], Call]
    """Gives, for a database or a manager, the function that takes an item."""
    stored: Sequence[dict[str, Any]] = ()
    """Documents that have to be there."""

    def __len__(self) -> int:
        return len(self.items)

    def first(self, count: int) -> Task:
        """Return the same with the first `count` items, for contenders that are slow."""
        return replace(self, items=self.items[:count])

    def prepare(self, server: Server) -> None:
        """Store what has to be there."""
        if self.stored:
            _store(server, self.stored)


def documents(seed: int, count: int, *, keys: bool = False) -> list[dict[str, Any]]:
    """Return small documents (about 46 bytes of JSON), with `_key` if `keys`."""
    dice = random.Random(seed)
    made: list[dict[str, Any]] = [
        {"number": dice.randrange(10**6), "name": f"{dice.choice(_WORDS)} {index}"}
        for index in range(count)
    ]
    if keys:
        for index, document in enumerate(made):
            document["_key"] = f"k{index}"
    return made


def inserts(seed: int, count: int) -> Task:
    """Return inserts of single documents."""
    return Task("insert", documents(seed, count), lambda db: db.collection(COLLECTION).insert)


def gets(seed: int, count: int) -> Task:
    """Return reads of single documents by key."""
    stored = documents(seed, min(count, 1000), keys=True)
    keys = [stored[index % len(stored)]["_key"] for index in range(count)]
    return Task("get", keys, lambda db: db.collection(COLLECTION).get, stored)


def queries(seed: int, count: int) -> Task:
    """Return AQL queries that give one document."""
    stored = documents(seed, min(count, 1000), keys=True)
    values = [{"@collection": COLLECTION, "key": f"k{n % len(stored)}"} for n in range(count)]
    return Task("AQL", values, _query(_QUERY), stored)


def sleeps(count: int, seconds: float) -> Task:
    """Return AQL queries that last so many seconds."""
    return Task("AQL", [{"seconds": seconds}] * count, _query(_SLEEP))


def _query(text: str) -> Callable[[Any], Call]:
    def call(db: Any) -> Call:
        execute = db.aql.execute
        return lambda values: execute(text, bind_vars=values)

    return call


def _store(server: Server, stored: Sequence[dict[str, Any]]) -> None:
    answer = requests.post(
        f"{server.url}/_db/{server.database}/_api/document/{COLLECTION}?overwriteMode=replace",
        json=stored,
        auth=(server.user, server.password),
        timeout=60,
    )
    if answer.status_code not in (201, 202):
        raise Unavailable(f"{server.url} does not store documents: {answer.text[:200]}")
