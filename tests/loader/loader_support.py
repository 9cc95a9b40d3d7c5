"""A collection in memory that a load can be given instead of a server's, and helpers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from arango_jobs.errors import DocumentInsertError

Answer = Callable[[Sequence[dict[str, Any]]], BaseException | None]


class MemoryTarget:
    """Stores documents at once, as the server does for arrays; can be told to fail."""

    database = "test"

    def __init__(self) -> None:
        self.documents: dict[str, dict[str, Any]] = {}
        self.writes: dict[str, int] = {}
        self.modes: list[str | None] = []
        self.sizes: list[int] = []
        self.before: Answer = lambda documents: None
        self.after: Answer = lambda documents: None
        self.looks = 0
        self.index = "index primary of type primary over '_key'"
        self.asked: list[str] = []
        self.forgives = False

    def prepare(self, *, create: bool, edge: bool) -> None:
        """Be there."""

    def state(self) -> tuple[int, int, float | None]:
        """Tell nothing of interest."""
        return len(self.sizes), 64, 0.0

    def insert_many(
        self, documents: Sequence[dict[str, Any]], *, overwrite_mode: str | None = None
    ) -> Future[Any]:
        """Insert, or fail with what `before` or `after` give."""
        self.modes.append(overwrite_mode)
        self.sizes.append(len(documents))
        error = self.before(documents)
        if error is not None:
            return ended(error=error)
        answer = [self._insert(document, overwrite_mode) for document in documents]
        return ended(answer, self.after(documents))

    def _insert(self, document: dict[str, Any], mode: str | None) -> Any:
        key = document.get("_key") or f"s{len(self.documents)}"
        old = self.documents.get(key)
        if key in self.documents:
            if mode == "ignore":
                return {"_key": key}
            if mode is None:
                return DocumentInsertError(self.refusal(key), error_code=1210)
        if document.get("bad") and not (self.forgives and document["bad"] is True):
            return DocumentInsertError("a bad one", error_code=1221)
        self.documents[key] = {**document, "_key": key, "_id": f"c/{key}", "_rev": "1"}
        self.writes[key] = self.writes.get(key, 0) + 1
        return {"_key": key} if old is None else {"_key": key, "_old_rev": old["_rev"]}

    def refusal(self, key: str) -> str:
        """Return what is said about a key that is taken."""
        return f"unique constraint violated - in {self.index}; conflicting key: {key}"

    def make_database(self) -> None:
        """Note that it was asked for."""
        self.asked.append("database")

    def empty(self) -> None:
        """Take all documents out."""
        self.asked.append("empty")
        self.documents.clear()

    def get_many(self, keys: Sequence[str]) -> Future[Any]:
        """Return what is there."""
        self.looks += 1
        return ended([self.documents[key] for key in keys if key in self.documents])

    def plain(self) -> list[dict[str, Any]]:
        """Return the documents without what the server adds."""
        return [
            {name: value for name, value in document.items() if not name.startswith("_")}
            for document in self.documents.values()
        ]


def ended(result: Any = None, error: BaseException | None = None) -> Future[Any]:
    """Return a future that has ended."""
    future: Future[Any] = Future()
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)
    return future


@contextmanager
def opened(target: MemoryTarget) -> Iterator[MemoryTarget]:
    """Stand in for `open_target`."""
    yield target


def letters(path: str | Path) -> list[dict[str, Any]]:
    """Return the records of a file of failed rows."""
    return [json.loads(line) for line in Path(path).read_text().splitlines()]


def write_lines(path: Path, rows: Sequence[Any]) -> Path:
    """Write rows as JSON lines."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path
