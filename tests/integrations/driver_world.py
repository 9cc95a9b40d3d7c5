"""A server with something on it, and what came of a call as something to compare."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import requests
from arango import ArangoClient
from arango.api import ApiGroup
from arango.cursor import Cursor
from arango.exceptions import ArangoError
from arango.http import DefaultHTTPClient
from arango.request import Request
from arango.response import Response

from arango_jobs.local import LocalServer

# Values that two servers have of their own.
_VOLATILE = frozenset(
    {"_rev", "_old_rev", "time", "uptime", "execution_time", "peak_memory_usage", "pid", "revision",
     "port", "portType", "address", "host", "hostname", "token", "fingerprint", "created_at", "id",
     "object_id", "global_id", "globallyUniqueId", "checksum", "rev",
     "internals", "headers"}
)  # fmt: skip
_DIGITS = re.compile(r"\A_[\w-]{8,14}\Z|\d")


def send(db: Any, request: Request) -> Any:
    """Have `db` send any request; the method for that is not in the oldest release."""
    return db._execute(request, lambda answer: answer)


class Unrepeated(DefaultHTTPClient):
    """The driver's client without its repetitions of what failed."""

    def create_session(self, host: str) -> requests.Session:
        """Return a session as requests makes it."""
        return requests.Session()


class World:
    """A server, its client, and the database `t` on it."""

    def __init__(self, server: LocalServer, http_client: Any = None) -> None:
        self.server = server
        self.client = ArangoClient(hosts=server.url, http_client=http_client)
        self._system = self.client.db("_system", "root", "")
        self.db = self.client.db("t", "root", "")

    @contextmanager
    def database(self) -> Iterator[None]:
        """Have the database, with a collection, a graph, documents and a user, for a while."""
        self._system.create_database("t", users=[{"username": "bob", "password": "x"}])
        db = self.db
        c = db.create_collection("c")
        c.add_index({"type": "persistent", "fields": ["v"], "name": "v"})
        c.add_index({"type": "geo", "fields": ["place"], "name": "place"})
        c.insert_many([{"_key": "a", "v": 1}, {"_key": "b", "v": 2, "place": [1, 1]}])
        edges = {
            "edge_collection": "e",
            "from_vertex_collections": ["v"],
            "to_vertex_collections": ["v"],
        }
        db.create_graph("g", edge_definitions=[edges])
        db.collection("v").insert_many([{"_key": "a"}, {"_key": "b"}])
        db.collection("v").add_index({"type": "geo", "fields": ["place"], "name": "place"})
        db.collection("e").add_index({"type": "geo", "fields": ["place"], "name": "place"})
        db.collection("e").insert({"_key": "ab", "_from": "v/a", "_to": "v/b"})
        try:
            yield
        finally:
            for name in set(self._system.databases()) - {"_system"}:
                self._system.delete_database(name)
            for user in self._system.users():
                if user["username"] != "root":
                    self._system.delete_user(user["username"])

    def close(self) -> None:
        """End the client."""
        self.client.close()


@contextmanager
def quiet() -> Iterator[None]:
    """Let the driver say what it likes about what is deprecated."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


def outcome(call: Callable[[], Any]) -> Any:
    """Return what came of `call`, without what differs between two servers."""
    try:
        with quiet():
            return ("returned", comparable(call()))
    except ArangoError as error:
        kinds = [kind.__name__ for kind in type(error).__mro__ if kind.__module__ != "builtins"]
        return ("raised", kinds, error.http_code, error.error_code, error.source)


def comparable(value: Any, name: Any = "") -> Any:
    """Return `value` without what differs between two servers."""
    if isinstance(value, Cursor):
        return ("cursor", value.count(), comparable(list(value)))
    if isinstance(value, Response):
        return ("response", value.status_code, value.is_success, comparable(value.body))
    if isinstance(value, ApiGroup):
        return ("wrapper", getattr(value, "name", None))
    if isinstance(value, ArangoError):
        return (type(value).__name__, value.http_code, value.error_code)
    if name in _VOLATILE or isinstance(value, float):
        return type(value).__name__
    if isinstance(value, dict):
        return {key: comparable(item, key) for key, item in value.items()}
    if isinstance(value, list):
        return [comparable(item, name) for item in value]
    if isinstance(value, str):
        return _DIGITS.sub("0", value)
    return value if isinstance(value, (bool, int, type(None))) else type(value).__name__
