"""Whatever is sent, an ArangoDB answer comes back: never errorNum 4, never a dead server."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from local_asking import Asker, make
from local_sockets import AUTH, Wire

from arango_jobs.local import LocalServer
from arango_jobs.local.routes import TABLES, missing
from arango_jobs.testing import FakeClock

# A shutdown is no mistake, but it ends the test; what is missing has a test of its own.
LIVE = sorted(
    route.name
    for table in TABLES
    if table is not missing.route
    for route in table.routes
    if route.name != "DELETE /_admin/shutdown"
)
QUICK = settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)

names = st.sampled_from(["c", "e", "g", "a", "root", "_system", "1", "0", "all", "nope", "*"])
texts = st.one_of(names, st.text(max_size=12))
numbers = st.one_of(st.integers(-(2**70), 2**70), st.floats(allow_nan=False, allow_infinity=False))
known_keys = st.sampled_from(
    [
        "_key",
        "_id",
        "_rev",
        "_from",
        "_to",
        "name",
        "type",
        "fields",
        "query",
        "bindVars",
        "options",
        "batchSize",
        "ttl",
        "count",
        "collection",
        "collections",
        "from",
        "to",
        "edgeDefinitions",
        "orphanCollections",
        "keyOptions",
        "users",
        "username",
        "user",
        "passwd",
        "password",
        "active",
        "extra",
        "grant",
        "valid_until",
        "unique",
        "sparse",
        "write",
        "read",
        "increment",
        "offset",
        "slowQueryThreshold",
        "memoryLimit",
        "maxRuntime",
        "profile",
        "stream",
        "allowRetry",
    ]
)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**62), 2**62),
    st.floats(allow_nan=False, allow_infinity=False),
    texts,
    st.sampled_from(["RETURN 1", "FOR d IN c RETURN d", "persistent", "c/a", "e/1", "rw", "ttl"]),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(known_keys, st.text(max_size=6)), inner, max_size=6),
    ),
    max_leaves=12,
)
bodies = st.one_of(values.map(orjson.dumps), st.binary(max_size=60), st.just(b""))
parameters = st.dictionaries(
    st.sampled_from(
        [
            "collection",
            "type",
            "count",
            "stamp",
            "silent",
            "returnNew",
            "returnOld",
            "overwriteMode",
            "onDuplicate",
            "complete",
            "details",
            "keepNull",
            "mergeObjects",
            "ignoreRevs",
            "onlyget",
            "waitForSync",
            "versionAttribute",
            "excludeSystem",
            "full",
            "dropCollections",
            "withData",
            "vertex",
            "direction",
            "rev",
            "fromPrefix",
            "overwrite",
            "all",
            "soft",
        ]
    ),
    st.one_of(
        names,
        st.sampled_from(
            ["true", "false", "0", "1", "array", "documents", "auto", "update", "replace", "ignore"]
        ),
        st.text(max_size=8),
    ),
    max_size=5,
)
headers = st.dictionaries(
    st.sampled_from(
        ["x-arango-async", "if-match", "if-none-match", "x-arango-trx-id", "content-encoding",
         "x-arango-queue-time-seconds", "authorization"]
    ),
    st.one_of(st.sampled_from(["store", "true", "gzip", "1", "0.5"]), st.text(max_size=10)),
    max_size=2,
)  # fmt: skip


def prepare(asker: Asker) -> Asker:
    asker("POST", "/_api/collection", {"name": "c"})
    asker("POST", "/_api/collection", {"name": "e", "type": 3})
    definition = {"collection": "e", "from": ["c"], "to": ["c"]}
    asker("POST", "/_api/gharial", {"name": "g", "edgeDefinitions": [definition]})
    asker("POST", "/_api/document/c", {"_key": "a"})
    asker("POST", "/_api/index?collection=c", {"type": "persistent", "fields": ["name"]})
    return asker


def check(response: Any, what: str) -> None:
    assert 200 <= response.status < 600, what
    if response.status >= 400 and response.body:
        document = response.document()
        assert document["error"] is True, what
        assert document["code"] == response.status, what
        assert isinstance(document["errorNum"], int), what
        assert document["errorNum"] != 4, what
    elif response.body[:1] == b"{" and response.status < 300:
        response.document()


@QUICK
@given(
    route=st.sampled_from(LIVE),
    segments=st.lists(texts, min_size=4, max_size=4),
    query=parameters,
    body=bodies,
    more=headers,
)
def test_every_route_takes_anything(route, segments, query, body, more):
    """Wrong types in any parameter or body: an error body with a number of its own."""
    fuzzed = prepare(make(FakeClock()))
    method, _, template = route.partition(" ")
    parts = iter(segments)
    path = "/".join(
        quote(next(parts), safe="") if part.startswith("{") else part
        for part in template.split("/")
    )
    target = path + "?" + "&".join(f"{quote(k)}={quote(v)}" for k, v in query.items())
    sent = {name.replace("-", "_"): value for name, value in more.items()}
    response = fuzzed(method, target, body, **sent)
    check(response, f"{method} {target} {body!r} {sent}")
    fuzzed.run()
    check(fuzzed("GET", "/_api/version"), "afterwards")


@QUICK
@given(method=st.sampled_from(["GET", "PUT", "DELETE", "HEAD", "POST", "BREW"]), path=st.text())
def test_any_path_is_answered(method, path):
    """Paths that nobody registered."""
    fuzzed = prepare(make(FakeClock()))
    check(fuzzed(method, "/" + quote(path, safe="/")), path)
    check(fuzzed(method, "/_api/" + path.replace("?", "")), path)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    data=st.lists(
        st.one_of(
            st.binary(max_size=40),
            st.sampled_from(
                [b"GET /_api/version HTTP/1.1\r\n", b"POST /_api/import HTTP/1.1\r\n", AUTH,
                 b"\r\n", b"Content-Length: 5\r\n",
                 b"Content-Length: 99999999999999999999\r\n", b"hello",
                 b"Transfer-Encoding: chunked\r\n", b"Expect: 100-continue\r\n", b" ", b"HTTP/1.0",
                 b"Connection: Upgrade\r\nUpgrade: websocket\r\n",
                 b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"]
            ),
        ),
        max_size=8,
    )
)  # fmt: skip
def test_any_bytes_leave_the_server_alive(living, data):
    """Garbage on one connection does not touch the others."""
    server, log = living
    with Wire(server) as wire, contextlib.suppress(BrokenPipeError, ConnectionResetError):
        for part in data:
            wire.socket.sendall(part)
    with Wire(server) as wire:
        assert wire.ask("GET", "/_api/version").status == 200
    assert log == []


@pytest.fixture(scope="module")
def living() -> Iterator[tuple[LocalServer, list[logging.LogRecord]]]:
    records: list[logging.LogRecord] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = records.append  # type: ignore[method-assign]
    logging.getLogger().addHandler(handler)
    with LocalServer() as server:
        yield server, records
    logging.getLogger().removeHandler(handler)
