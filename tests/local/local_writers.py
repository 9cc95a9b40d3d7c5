"""Writers of every kind, some of which stop in the middle, for tests of isolation.

A query, an array or an import stops where it sleeps: the clock then runs what the test wants to
happen meanwhile, in the same thread.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson
from local_asking import Asker, make

from arango_jobs.local.messages import Response
from arango_jobs.testing import FakeClock

KEY, OTHER = "k", "other"
INITIAL = {"_key": KEY, "n": 0}
Step = Callable[[], object]


class PausingClock(FakeClock):
    """A clock whose next sleep runs `meanwhile`, once, and takes no time."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: Step | None = None
        self.pauses = 0

    def wait(self, event: threading.Event, timeout: float | None) -> bool:
        """Run what is to happen meanwhile."""
        step, self.meanwhile = self.meanwhile, None
        if step is not None:
            self.pauses += 1
            step()
        self.advance(timeout or 0.0)
        return event.is_set()


class Scene:
    """A server with a collection ``c``, and what is in it."""

    def __init__(self, *, has_document: bool = False, sleeps: bool = False) -> None:
        self.clock = PausingClock()
        self.ask: Asker = make(self.clock)
        body: dict[str, Any] = {"name": "c"}
        if sleeps:
            # Each element of an array sleeps after it has been looked at and before it is stored.
            body["computedValues"] = [
                {"name": "slept", "expression": "RETURN SLEEP(1)", "overwrite": True}
            ]
        self.ask("POST", "/_api/collection", body)
        self.ask("POST", "/_api/gharial", {"name": "g", "orphanCollections": ["c"]})
        index = {"type": "persistent", "fields": ["n"]}
        self.ask("POST", "/_api/index?collection=c", index)
        self.reset(has_document=has_document)

    def reset(self, *, has_document: bool) -> Scene:
        """Empty the collection, but for the document if it is to be there; return the scene."""
        self.ask("PUT", "/_api/collection/c/truncate")
        if has_document:
            self.ask("POST", "/_api/document/c", INITIAL)
        return self

    def stored(self) -> Any:
        """Return `n` of the document, or None if there is none."""
        response = self.ask("GET", f"/_api/document/c/{KEY}")
        return response.document()["n"] if response.status == 200 else None

    def begin(self) -> str:
        """Begin a stream transaction."""
        body = {"collections": {"write": ["c"]}}
        return self.ask("POST", "/_api/transaction/begin", body).document()["result"]["id"]

    def query(self, text: str, **headers: str) -> Response:
        """Run a query."""
        return self.ask("POST", "/_api/cursor", {"query": text}, **headers)


def outcome(response: Response) -> int:
    """Return the error number of an answer to a write, of its first element if there are more."""
    if response.status >= 400:
        return int(response.document()["errorNum"])
    body = response.document()
    if isinstance(body, list):
        return int(body[0].get("errorNum", 0)) if body else 0
    if body.get("errors"):
        return 1210 if "unique" in body["details"][0] else 1200
    return 0


@dataclass(frozen=True)
class Kind:
    """One way to write `n` to the document, or to remove it (`n` is None)."""

    name: str
    needs_document: bool
    run: Callable[[Scene, int, dict[str, str]], Response]
    removes: bool = False


def _aql(text: str) -> Callable[[Scene, int, dict[str, str]], Response]:
    return lambda scene, n, headers: scene.query(text.replace("$n", str(n)), **headers)


def _send(
    method: str, target: str, body: Callable[[int], Any]
) -> Callable[[Scene, int, dict[str, str]], Response]:
    return lambda scene, n, headers: scene.ask(method, target, body(n), **headers)


def _document(n: int) -> dict[str, Any]:
    return {"_key": KEY, "n": n}


def _lines(n: int) -> bytes:
    return orjson.dumps(_document(n)) + b"\n"


_IMPORT = "/_api/import?collection=c&type=documents&details=true"
_ONE = f"/_api/document/c/{KEY}"
_VERTEX = "/_api/gharial/g/vertex/c"

QUERIES = [
    Kind("aql insert", False, _aql("INSERT {_key: 'k', n: $n} INTO c")),
    Kind("aql update", True, _aql("UPDATE 'k' WITH {n: $n} IN c")),
    Kind("aql replace", True, _aql("REPLACE 'k' WITH {n: $n} IN c")),
    Kind("aql remove", True, _aql("REMOVE 'k' IN c"), removes=True),
    Kind(
        "aql upsert that inserts",
        False,
        _aql("UPSERT {_key: 'k'} INSERT {_key: 'k', n: $n} UPDATE {n: $n} IN c"),
    ),
    Kind(
        "aql upsert that updates",
        True,
        _aql("UPSERT {_key: 'k'} INSERT {_key: 'k', n: $n} UPDATE {n: $n} IN c"),
    ),
    Kind("aql loop", True, _aql("FOR d IN c FILTER d._key == 'k' UPDATE d WITH {n: $n} IN c")),
    Kind(
        "aql overwriting insert",
        True,
        _aql("INSERT {_key: 'k', n: $n} INTO c OPTIONS {overwriteMode: 'update'}"),
    ),
]
SINGLES = [
    Kind("insert", False, _send("POST", "/_api/document/c", _document)),
    Kind("update", True, _send("PATCH", _ONE, lambda n: {"n": n})),
    Kind("replace", True, _send("PUT", _ONE, lambda n: {"n": n})),
    Kind("remove", True, _send("DELETE", _ONE, lambda n: None), removes=True),
    Kind(
        "overwriting insert",
        True,
        _send("POST", "/_api/document/c?overwriteMode=replace", _document),
    ),
    Kind("vertex insert", False, _send("POST", _VERTEX, _document)),
    Kind("vertex update", True, _send("PATCH", f"{_VERTEX}/{KEY}", lambda n: {"n": n})),
    Kind("vertex remove", True, _send("DELETE", f"{_VERTEX}/{KEY}", lambda n: None), removes=True),
]
MANY = [
    Kind("array insert", False, _send("POST", "/_api/document/c", lambda n: [_document(n)])),
    Kind("array update", True, _send("PATCH", "/_api/document/c", lambda n: [_document(n)])),
    Kind("array replace", True, _send("PUT", "/_api/document/c", lambda n: [_document(n)])),
    Kind("array remove", True, _send("DELETE", "/_api/document/c", lambda n: [KEY]), removes=True),
    Kind("import", False, _send("POST", _IMPORT, _lines)),
    Kind("import that completes", False, _send("POST", f"{_IMPORT}&complete=true", _lines)),
    Kind("import that updates", True, _send("POST", f"{_IMPORT}&onDuplicate=update", _lines)),
    Kind("import that replaces", True, _send("POST", f"{_IMPORT}&onDuplicate=replace", _lines)),
]
KINDS = [*QUERIES, *SINGLES, *MANY]
