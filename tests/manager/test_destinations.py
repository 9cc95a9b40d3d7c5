"""An operation goes where its wrapper says, with that wrapper's user, or is refused."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from arango import ArangoClient as DriverClient

from arango_jobs import ArangoClient, JobManager, StandardDatabase, UnsupportedTargetError
from arango_jobs.api.method import build_operation
from arango_jobs.local import LocalServer

pytestmark = pytest.mark.local_only

Database = StandardDatabase[Any]


class OwnAuth(requests.auth.AuthBase):
    """Signs by itself, and does not say who it is."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = "Basic " + base64.b64encode(b"root:").decode()
        return request


def token(name: str | None, salt: str = "") -> str:
    claims: dict[str, Any] = {"iss": "arangodb", "salt": salt, "iat": 1, "exp": 1 << 33}
    if name is not None:
        claims["preferred_username"] = name
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"e30.{payload}.c2ln"


def signed_session(value: Any) -> requests.Session:
    session = requests.Session()
    if isinstance(value, str):
        session.headers["Authorization"] = value
    else:
        session.auth = value
    return session


HOST = "http://db.example:8529"
_NAMELESS = signed_session(OwnAuth())


def database(hosts: Any = HOST, session: Any = None, **who: Any) -> Database:
    return ArangoClient(hosts=hosts, session=session).db("_system", **who)


SAME_SERVER = [
    ("http://db.example:8529", "http://db.example:8529"),
    ("http://db.example:8529", "http://db.example:8529/"),
    ("http://db.example:8529", "HTTP://DB.Example:8529"),
    ("http://db.example", "http://db.example:80/"),
    ("https://db.example", "https://db.example:443"),
    ("http://db.example/arango", "http://db.example:80/arango/"),
    ("http://[::1]:8529", "http://[0:0:0:0:0:0:0:1]:8529"),
    ("http://[fe80::A]:8529", "http://[FE80:0::a]:8529/"),
    ("http://bücher.example:8529", "http://xn--bcher-kva.example:8529"),
    (["http://a:1", "http://b:2"], ["http://c:3", "http://B:2/"]),
    ("http://a:1,http://b:2", "http://a:1"),
]

OTHER_SERVER = [
    ("http://db.example:8529", "http://db.example:8530"),
    ("http://db.example:8529", "https://db.example:8529"),
    ("http://db.example", "http://db.example:8529"),
    ("http://db.example", "https://db.example"),
    ("http://db.example/one", "http://db.example/two"),
    ("http://db.example/one", "http://db.example/One"),
    ("http://localhost:8529", "http://127.0.0.1:8529"),
    ("http://[::1]:8529", "http://127.0.0.1:8529"),
    (["http://a:1", "http://b:2"], ["http://a:2", "http://b:1"]),
]

SAME_USER: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {}),
    ({"username": "a", "password": "1"}, {"username": "a", "password": "2"}),
    ({"username": "a"}, {"username": "a", "auth_method": "jwt"}),
    ({"username": "a"}, {"user_token": token("a")}),
    ({"user_token": token("a", "1")}, {"user_token": token("a", "2")}),
    ({"superuser_token": token(None)}, {"superuser_token": token(None)}),
    ({"session": signed_session(("a", "x"))}, {"username": "a"}),
    ({"session": signed_session("Basic " + base64.b64encode(b"a:x").decode())}, {"username": "a"}),
    ({"session": _NAMELESS}, {"session": _NAMELESS}),
    (
        {"session": signed_session("bearer t")},
        {"session": signed_session("bearer t")},
    ),
]

_SHARED = requests.Session()
OTHER_USER: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"username": "a"}, {"username": "b"}),
    ({"username": "a"}, {"username": "A"}),
    ({"username": "a", "session": _SHARED}, {"username": "b", "session": _SHARED}),
    ({"username": "a"}, {"user_token": token("b")}),
    ({"username": "root"}, {"superuser_token": token(None)}),
    ({"superuser_token": token(None, "1")}, {"superuser_token": token(None, "2")}),
    ({"session": signed_session(("a", "x"))}, {"username": "b"}),
    ({"session": signed_session(OwnAuth())}, {"username": "root"}),
    ({"session": signed_session(OwnAuth())}, {"session": signed_session(OwnAuth())}),
    ({"session": signed_session(OwnAuth())}, {"superuser_token": token(None)}),
]


@pytest.mark.parametrize(("one", "other"), SAME_SERVER)
def test_hosts_with_a_url_in_common(one: Any, other: Any) -> None:
    """URLs are compared in their normal form."""
    ours, theirs = database(one).conn.destination, database(other).conn.destination
    assert ours.is_same(theirs)
    assert theirs.is_same(ours)


@pytest.mark.parametrize(("one", "other"), OTHER_SERVER)
def test_hosts_without_a_url_in_common(one: Any, other: Any) -> None:
    """Nothing is resolved, and nothing is taken for the same without proof."""
    ours, theirs = database(one).conn.destination, database(other).conn.destination
    assert not ours.is_same(theirs)
    assert not theirs.is_same(ours)


@pytest.mark.parametrize(("one", "other"), SAME_USER)
def test_users_that_are_the_same(one: dict[str, Any], other: dict[str, Any]) -> None:
    """The same name, or else the same session or the same token."""
    ours, theirs = database(**one).conn.destination, database(**other).conn.destination
    assert ours.is_same(theirs)
    assert theirs.is_same(ours)


@pytest.mark.parametrize(("one", "other"), OTHER_USER)
def test_users_that_are_not_the_same(one: dict[str, Any], other: dict[str, Any]) -> None:
    """A session or a token without a name is another user."""
    ours, theirs = database(**one).conn.destination, database(**other).conn.destination
    assert not ours.is_same(theirs)
    assert not theirs.is_same(ours)


async def _in_loop(jobs: JobManager, target: Any, *args: Any) -> Any:
    return await jobs.asubmit(target, *args)


def _operation(jobs: JobManager, target: Any, *args: Any) -> Any:
    return jobs.submit(build_operation(target, *args))  # type: ignore[arg-type]  # one operation


# Each way in by which a wrapper of somebody else's can be handed to a manager.
WAYS: dict[str, Callable[..., Any]] = {
    "submit": lambda jobs, target, *args: jobs.submit(target, *args),
    "asubmit": lambda jobs, target, *args: asyncio.run(_in_loop(jobs, target, *args)),
    "map": lambda jobs, target, *args: list(jobs.map(target, *[[arg] for arg in args])),
    "bounded map": lambda jobs, target, *args: list(
        jobs.map(target, *[[arg] for arg in args], buffersize=1)
    ),
    "operation": _operation,
    "other options": lambda jobs, target, *args: jobs.with_options(deadline=9).submit(
        target, *args
    ),
    "operation, other options": lambda jobs, target, *args: _operation(
        jobs.with_options(retry="safe"), target, *args
    ),
}

# Each wrapper that an operation can come from.
WRAPPERS: dict[str, Callable[[Any], tuple[Any, ...]]] = {
    "insert": lambda db: (db.collection("c").insert, {"_key": "x"}),
    "get": lambda db: (db.collection("c").get, "x"),
    "many": lambda db: (db.collection("c").insert_many, [{"_key": "x"}]),
    "import": lambda db: (db.collection("c").import_bulk, [{"_key": "x"}]),
    "vertex": lambda db: (db.graph("g").vertex_collection("v").insert, {"_key": "x"}),
    "vertex by id": lambda db: (db.graph("g").insert_vertex, "v", {"_key": "x"}),
    "document by id": lambda db: (db.insert_document, "c", {"_key": "x"}),
    "query": lambda db: (db.aql.execute, "RETURN 1"),
    "query cache": lambda db: (db.aql.cache.properties,),
    "database": lambda db: (db.create_collection, "d"),
    "raw": lambda db: (db.request, "POST", "/_api/document/c"),
}

CONTEXTS: dict[str, Callable[[Database], Any]] = {
    "direct": lambda db: db,
    "async": lambda db: db.begin_async_execution(),
    "thrown away": lambda db: db.begin_async_execution(return_result=False),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("wrapper", WRAPPERS)
@pytest.mark.parametrize("context", CONTEXTS)
@pytest.mark.parametrize(
    "foreign",
    [database("http://127.0.0.1:9"), database("http://127.0.0.1:1", username="eve")],
    ids=["another server", "another user"],
)
def test_what_goes_elsewhere_is_refused(
    way: str, wrapper: str, context: str, foreign: Database
) -> None:
    """The error is raised in the call and names both, and nothing was taken in."""
    target, *args = WRAPPERS[wrapper](CONTEXTS[context](foreign))
    if not args and "map" in way:
        return
    with JobManager(database("http://127.0.0.1:1", username="root", password="s3cret")) as jobs:
        with pytest.raises(UnsupportedTargetError) as caught:
            WAYS[way](jobs, target, *args)
        assert jobs.stats().in_flight == 0
    message = str(caught.value)
    assert f"{foreign.conn.hosts[0]} as user {foreign.username!r}" in message
    assert "http://127.0.0.1:1 as user 'root'" in message
    assert "s3cret" not in message


def test_a_handle_of_another_manager_is_refused() -> None:
    """Its wrappers mean its own server, and so does the operation of a future of it."""
    with LocalServer() as server:
        other = JobManager(database(server.url))
        jobs = JobManager(database("http://127.0.0.1:1"))
        future = other.aql.execute("RETURN 1")
        with pytest.raises(UnsupportedTargetError):
            jobs.submit(other.aql.execute, "RETURN 1")
        operation = future.operation
        assert operation is not None
        for each in (operation, operation.with_retry("safe")):
            with pytest.raises(UnsupportedTargetError):
                jobs.submit(each)
        assert list(future.result(10)) == [1]
        other.shutdown()
        jobs.shutdown()


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    with LocalServer() as started:
        system = ArangoClient(hosts=started.url).db()
        system.create_database("other")
        for name in ("_system", "other"):
            ArangoClient(hosts=started.url).db(name).create_collection("c")
        yield started


@pytest.mark.parametrize("way", ["submit", "asubmit", "map", "operation"])
def test_another_database_of_the_same_server_and_user_works(server: LocalServer, way: str) -> None:
    """Also by another client, whose hosts are written in another way."""
    other = ArangoClient(hosts=["http://127.0.0.1:1", server.url.upper() + "/"]).db("other")
    with JobManager(ArangoClient(hosts=server.url).db()) as jobs:
        found = WAYS[way](jobs, other.collection("c").insert, {"_key": way})
        result = found[0] if isinstance(found, list) else found.result(10)
        assert result["_key"] == way
    assert ArangoClient(hosts=server.url).db("other").collection("c").has(way)
    assert not ArangoClient(hosts=server.url).db().collection("c").has(way)


def driver(hosts: Any, name: str = "_system", user: str = "root", **more: Any) -> Any:
    return DriverClient(hosts=hosts).db(name, user, "", **more)


@pytest.mark.parametrize("way", ["submit", "asubmit", "map"])
@pytest.mark.parametrize(
    "foreign",
    [
        driver("http://127.0.0.1:9"),
        driver("http://127.0.0.1:1", user="eve"),
        driver("http://127.0.0.1:1", user_token=token("eve")),
        driver("http://127.0.0.1:1", superuser_token=token(None)),
        database("http://127.0.0.1:9"),
    ],
    ids=["server", "user", "user of a token", "superuser", "ours"],
)
def test_wrappers_of_python_arango(way: str, foreign: Any) -> None:
    """The driver's wrappers are held to the same, and so are ours under its manager."""
    with JobManager(driver("http://127.0.0.1:1")) as jobs:
        with pytest.raises(UnsupportedTargetError, match=r"sends to .* as user 'root'"):
            WAYS[way](jobs, foreign.collection("c").insert, {"_key": "x"})
        assert jobs.stats().in_flight == 0


def test_operations_of_python_arangos_futures(server: LocalServer) -> None:
    """They know where they come from, too."""
    with JobManager(driver(server.url)) as jobs, JobManager(driver("http://127.0.0.1:1")) as others:
        for future in (jobs.collection("c").insert({"_key": "p"}), jobs.aql.execute("RETURN 1")):
            operation = future.operation
            assert operation is not None
            with pytest.raises(UnsupportedTargetError):
                others.submit(operation)
            future.result(10)


def test_another_database_of_python_arangos(server: LocalServer) -> None:
    """The same server by one of its hosts, the same user by his name."""
    other = driver([server.url.upper(), "http://127.0.0.1:1"], "other")
    with JobManager(driver(server.url)) as jobs:
        assert jobs.submit(other.collection("c").insert, {"_key": "driver"}).result(10)
    assert other.collection("c").has("driver")
