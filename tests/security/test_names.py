"""Names and keys stay what they are: one segment of one line, in every context."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import pytest
from contexts import CONTEXTS, SESSIONS, opened
from security_peer import Peer, end_of

from arango_jobs.errors import ArangoJobsError

PLAIN = "plain"
NAMES = [
    "a/b",
    "../_system",
    "..",
    ".",
    "...",
    "%2F",
    "%2e%2e",
    "%0d%0aX-Evil: 1",
    "a b",
    "a?b=c&d",
    "a#b",
    "a;b",
    "a\\b",
    "a\tb",
    "a\0b",
    "a\r\nX-Evil: 1",
    "a HTTP/1.1\r\nX-Evil: 1\r\n\r\nGET /",
    "a\u2028b",
    "\u010d\u010a",  # whose low bytes are CR and LF
    "ü/日本",
    "\udc0d",
    "\u00a0",
]
CALLS: dict[str, Callable[[Any, str], Any]] = {
    "collection": lambda db, name: db.collection(name).count(),
    "collection dropped": lambda db, name: db.delete_collection(name),
    "key read": lambda db, name: db.collection("c").get(name),
    "key deleted": lambda db, name: db.collection("c").delete(name),
    "key in a dict": lambda db, name: db.collection("c").update({"_key": name}),
    "key in an id": lambda db, name: db.collection("c").get(f"c/{name}"),
    "database": lambda db, name: db.delete_database(name),
    "user": lambda db, name: db.delete_user(name),
    "rights": lambda db, name: db.permission(name, name, name),
    "graph": lambda db, name: db.graph(name).properties(),
    "index": lambda db, name: db.collection("c").delete_index(name),
    "query": lambda db, name: db.aql.kill(name),
    "function": lambda db, name: db.aql.delete_function(name),
}
LINE = re.compile(rb"[A-Z]+ /[\x21-\x7e]* HTTP/1\.1\Z")


def check(peer: Peer, plain: list[str], name: str) -> None:
    """Every request is like the plain one, but for the name in its segment."""
    for asked in peer.asked:
        assert LINE.match(asked.line)
        assert b"x-evil" not in asked.headers
    segments = [[unquote(part) for part in asked.path.split("/")] for asked in peer.operations]
    assert segments == [[name if part == PLAIN else part for part in plain]] or not segments


@pytest.mark.parametrize("context", CONTEXTS)
@pytest.mark.parametrize("call", CALLS)
def test_name(peer: Peer, call: str, context: str) -> None:
    """It is sent as one segment, or refused before anything is sent."""
    with opened(peer.url) as client, CONTEXTS[context](client.db()) as db:
        end_of(lambda: CALLS[call](db, PLAIN))
        (asked,) = peer.operations
        plain = asked.path.split("/")
        assert PLAIN in plain
        sent = 0
        for name in NAMES:
            if call == "index" and "/" in name:
                # An index's id may be given with its collection's name, which is left out.
                continue
            peer.asked.clear()
            found = end_of(lambda name=name: CALLS[call](db, name))  # type: ignore[misc]  # lambda
            check(peer, plain, name)
            assert peer.operations or isinstance(found, ArangoJobsError | ValueError), name
            sent += bool(peer.operations)
        assert sent > len(NAMES) // 2


@pytest.mark.parametrize("context", CONTEXTS)
@pytest.mark.parametrize("name", NAMES)
def test_database_of_the_client(peer: Peer, name: str, context: str) -> None:
    """It is in every path, in the manager's own questions too."""
    with opened(peer.url) as client:
        try:
            db = client.db(name)
            with CONTEXTS[context](db) as opening:
                found = end_of(lambda: opening.collection("c").count())
        except (ArangoJobsError, ValueError) as error:
            found = error
    check(peer, ["", "_db", PLAIN, "_api", "collection", "c", "count"], name)
    for asked in peer.asked:
        if "/_db/" in asked.path:
            assert unquote(asked.path.split("/")[2]) in (name, "_system")
    assert peer.asked or isinstance(found, ArangoJobsError | ValueError)


HEADERS: dict[str, Callable[[Any, str], Any]] = {
    "value": lambda db, bad: db.request("GET", "/_api/version", headers={"x-mine": bad}),
    "name": lambda db, bad: db.request("GET", "/_api/version", headers={bad: "x"}),
    "revision": lambda db, bad: db.collection("c").get("k", rev=bad),
    "path": lambda db, bad: db.request("GET", f"/_api/version{bad}"),
    "method": lambda db, bad: db.request(f"GET{bad}", "/_api/version"),
}


@pytest.mark.parametrize("session", SESSIONS)
@pytest.mark.parametrize("context", CONTEXTS)
@pytest.mark.parametrize("part", HEADERS)
def test_head(peer: Peer, part: str, context: str, session: str) -> None:
    """What would end a line is refused; the next call is none the worse."""
    with (
        opened(peer.url, SESSIONS[session]()) as client,
        CONTEXTS[context](client.db()) as db,
    ):
        for bad in ("a\r\nX-Evil: 1", "\r\nX-Evil: 1", "a\nX-Evil: 1", "a\rX-Evil: 1"):
            found = end_of(lambda bad=bad: HEADERS[part](db, bad))  # type: ignore[misc]  # lambda
            assert isinstance(found, ArangoJobsError | ValueError)
            assert not isinstance(found, TimeoutError)
        assert not peer.operations
        assert not isinstance(end_of(lambda: db.request("GET", "/_api/version")), Exception)


@pytest.mark.parametrize("context", CONTEXTS)
@pytest.mark.parametrize("option", ["user_token", "superuser_token", "username", "password"])
def test_credentials(peer: Peer, option: str, context: str) -> None:
    """They are refused, or coded so that they end no line."""
    options = {option: "a\r\nX-Evil: 1"}
    with opened(peer.url) as client:
        try:
            with CONTEXTS[context](client.db(**options)) as db:
                found = end_of(lambda: db.collection("c").count())
        except (ArangoJobsError, ValueError) as error:
            found = error
    check(peer, ["", "_db", "_system", "_api", "collection", "c", "count"], PLAIN)
    assert peer.asked or isinstance(found, ArangoJobsError | ValueError)
