"""A thread of a program that uses a manager: random operations, each document its own affair."""

from __future__ import annotations

import itertools
import random
import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from soak_model import ABSENT, Account, Doc, Face, Try

from arango_jobs import JobFuture, JobManager

_COUNT_UP = """
FOR d IN c FILTER d._key == @key
UPDATE d WITH {v: @v, runs: d.runs + 1} IN c RETURN NEW
"""
_INSERT = "INSERT {n: @n, v: 0, runs: 0} INTO c RETURN NEW"
_READ = "FOR d IN c FILTER d._key == @key RETURN d"
AHEAD = 64
"""Operations that a thread has under way at most."""
PATIENCE = 60
"""Seconds after which a future counts as one that never ends."""


class User:
    """Makes operations until it is told to stop, then waits for all of them."""

    def __init__(self, jobs: JobManager, numbers: Iterator[int], seed: str) -> None:
        self.account = Account()
        self.made = 0
        self._jobs = jobs
        self._collection = jobs.collection("c")
        self._numbers = numbers
        self._random = random.Random(seed)
        self._known: list[Doc] = []
        self._open: deque[Try] = deque()

    def run(self, stop: threading.Event) -> None:
        """Work until `stop`, and see every future end."""
        while not stop.is_set():
            self.act()
            if len(self._open) > AHEAD:
                self._settle(self._open.popleft())
        while self._open:
            self._settle(self._open.popleft())

    def act(self) -> None:
        """Begin one operation."""
        is_new = not self._known or self._random.random() < 0.4
        name, build = self._random.choice(CREATING if is_new else CHANGING)
        attempt: Try = build(self, name)
        self.made += 1
        self._open.append(attempt)

    def _settle(self, attempt: Try) -> None:
        try:
            attempt.future.exception(timeout=PATIENCE)
        except TimeoutError:
            self.account.wrong.append(f"{attempt.name} of {attempt.docs} never ended")
            return
        value = None if attempt.future.exception() else _value(attempt.future.result())
        is_certain = self.account.enter(attempt, value)
        if is_certain and attempt.after is not None and value and "_key" in value:
            (doc,) = attempt.docs
            doc.key = value["_key"]
        # The first run of what was repeated may still be to come, and undo what follows
        # (docs/outcomes.md).
        is_over = attempt.after is None or not getattr(attempt.future.job, "attempts", None)
        if is_certain and is_over:
            self._known += [doc for doc in attempt.docs if doc.key is not None]

    def _new(self, *, with_key: bool) -> Doc:
        number = next(self._numbers)
        doc = Doc(number, f"u{number}" if with_key else None)
        self.account.docs.append(doc)
        return doc

    def _take(self, *, is_there: bool) -> Doc | None:
        """Take a document away from those that are known, so that nothing else is done to it."""
        index = self._random.randrange(len(self._known))
        doc = self._known[index]
        if (doc.face.value is not None) is not is_there:
            return None
        self._known[index] = self._known[-1]
        self._known.pop()
        return doc

    # what there is to do

    def insert(self, name: str) -> Try:
        doc = self._new(with_key=False)
        return Try(name, [doc], self._collection.insert(_body(doc)), Face(0))

    def insert_with_key(self, name: str) -> Try:
        doc = self._new(with_key=True)
        return Try(name, [doc], self._collection.insert(_body(doc)), Face(0))

    def insert_idempotent(self, name: str) -> Try:
        doc = self._new(with_key=True)
        future = self._collection.insert(_body(doc), overwrite_mode="replace")
        return Try(name, [doc], future, Face(0))

    def insert_by_query(self, name: str) -> Try:
        doc = self._new(with_key=False)
        future = self._jobs.aql.execute(_INSERT, bind_vars={"n": doc.number})
        return Try(name, [doc], future, Face(0))

    def import_(self, name: str) -> Try:
        return self._import(name, with_key=True)

    def import_without_keys(self, name: str) -> Try:
        return self._import(name, with_key=False)

    def _import(self, name: str, *, with_key: bool, **options: Any) -> Try:
        docs = [self._new(with_key=with_key) for _ in range(self._random.randint(1, 5))]
        future = self._collection.import_bulk([_body(doc) for doc in docs], **options)
        return Try(name, docs, future, Face(0))

    def insert_taken(self, name: str) -> Try:
        doc = self._take(is_there=True)
        if doc is None:
            return self.insert(INSERT)
        future = self._collection.insert({"_key": doc.key, "n": doc.number, "v": -1, "runs": -1})
        return Try(name, [doc], future, doc.face, must_fail=True)

    def update_missing(self, name: str) -> Try:
        doc = self._take(is_there=False)
        if doc is None:
            return self.insert(INSERT)
        future = self._collection.update({"_key": doc.key, "v": -1})
        return Try(name, [doc], future, ABSENT, must_fail=True)

    def update(self, name: str) -> Try:
        return self._change(
            name,
            lambda doc, v: self._collection.update({"_key": doc.key, "v": v}),
            lambda doc, v: Face(v, doc.face.runs),
        )

    def replace(self, name: str) -> Try:
        return self._change(
            name,
            lambda doc, v: self._collection.replace({**_body(doc), "v": v}),
            lambda doc, v: Face(v),
        )

    def delete(self, name: str) -> Try:
        return self._change(
            name, lambda doc, v: self._collection.delete(doc.key or ""), lambda doc, v: ABSENT
        )

    def count_up(self, name: str) -> Try:
        return self._change(
            name,
            lambda doc, v: self._jobs.aql.execute(_COUNT_UP, bind_vars={"key": doc.key, "v": v}),
            lambda doc, v: Face(v, doc.face.runs + 1),
        )

    def query_too_long(self, name: str) -> Try:
        """Let a deadline pass, so that jobs are deleted that nobody waits for."""
        hurried = self._jobs.with_options(deadline=0.05)
        return Try(name, [], hurried.aql.execute("RETURN SLEEP(0.2)"), must_fail=True)

    def get(self, name: str) -> Try:
        return self._read(name, lambda doc: self._collection.get(doc.key or ""))

    def query(self, name: str) -> Try:
        return self._read(
            name, lambda doc: self._jobs.aql.execute(_READ, bind_vars={"key": doc.key})
        )

    def _change(self, name: str, send: Callable[..., Any], after: Callable[..., Face]) -> Try:
        doc = self._take(is_there=True)
        if doc is None:
            return self.insert(INSERT)
        v = next(self._numbers)
        return Try(name, [doc], send(doc, v), after(doc, v))

    def _read(self, name: str, send: Callable[[Doc], Any]) -> Try:
        doc = self._take(is_there=self._random.random() < 0.8)
        return self.insert(INSERT) if doc is None else Try(name, [doc], send(doc))


INSERT = "insert, our keys"
CREATING = [
    (INSERT, User.insert),
    ("insert, user's keys", User.insert_with_key),
    ("insert, idempotent", User.insert_idempotent),
    ("insert by query", User.insert_by_query),
    ("import", User.import_),
    ("import without keys", User.import_without_keys),
]
CHANGING = [
    ("update", User.update),
    ("replace", User.replace),
    ("delete", User.delete),
    ("change by query", User.count_up),
    ("get", User.get),
    ("query", User.query),
    ("insert of a taken key", User.insert_taken),
    ("update of a missing one", User.update_missing),
    ("query, too long", User.query_too_long),
]


def abandon(jobs: JobManager, count: int) -> list[JobFuture[Any]]:
    """Begin operations that nobody waits for in the end: queries, writes alone, and an array."""
    hurried = jobs.with_options(deadline=5.0)
    collection = hurried.collection("abandoned")
    futures: list[JobFuture[Any]] = []
    for number in range(count):
        futures.append(hurried.aql.execute("RETURN SLEEP(60)"))
        futures.append(collection.delete(str(number), ignore_missing=True))
        futures.append(collection.insert({"n": number}))
    return futures


def numbers() -> Iterator[int]:
    """Return numbers that no two threads share."""
    return itertools.count(1)


def _body(doc: Doc) -> dict[str, Any]:
    body: dict[str, Any] = {"n": doc.number, "v": 0, "runs": 0}
    return body if doc.key is None else {"_key": doc.key, **body}


def _value(result: Any) -> Any:
    """Return the one document of a result; of a query's cursor its only row."""
    if hasattr(result, "batch"):
        rows = list(result)
        return rows[0] if rows else None
    return result if isinstance(result, dict) else None
