"""No file descriptor or no thread left: an error of ours, nothing half-started, nothing leaked."""

from __future__ import annotations

import errno
import os
import selectors
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
import urllib3.util.connection

from arango_jobs import ArangoClient, JobManager, ResourceExhaustedError, StandardDatabase
from arango_jobs._net import dialer
from arango_jobs.local import LocalServer
from arango_jobs.local.net import hosting

Database = StandardDatabase[Any]

pytestmark = pytest.mark.local_only


@pytest.fixture
def server() -> Iterator[LocalServer]:
    with LocalServer() as running:
        yield running


@pytest.fixture
def db(server: LocalServer) -> Iterator[Database]:
    with ArangoClient(server.urls) as client:
        yield client.db()


def refuse(*_: Any, **__: Any) -> Any:
    raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))


def open_descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def no_thread_named(patch: pytest.MonkeyPatch, part: str) -> None:
    """Have the system refuse threads with `part` in their names."""
    start: Callable[[threading.Thread], None] = threading.Thread.start

    def start_or_refuse(thread: threading.Thread) -> None:
        if part in thread.name:
            raise RuntimeError("can't start new thread")
        start(thread)

    patch.setattr(threading.Thread, "start", start_or_refuse)


@pytest.mark.parametrize(
    ("owner", "name"), [(selectors, "DefaultSelector"), (socket, "socketpair")]
)
@pytest.mark.parametrize("code", [errno.EMFILE, errno.ENFILE])
def test_no_descriptor_for_a_manager(db: Database, owner: Any, name: str, code: int) -> None:
    """It is not made, and keeps nothing open."""

    def refused(*_: Any, **__: Any) -> Any:
        raise OSError(code, os.strerror(code))

    before = open_descriptors(), threading.active_count()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(owner, name, refused)
        with pytest.raises(ResourceExhaustedError, match="no file descriptor is left") as caught:
            JobManager(db)
        assert os.strerror(code) in str(caught.value)
    assert (open_descriptors(), threading.active_count()) == before
    with JobManager(db) as jobs:
        assert jobs.aql.execute("RETURN 1").result(30).next() == 1


def test_no_descriptor_for_a_direct_call(db: Database) -> None:
    """The call raises it, and the next one works."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(urllib3.util.connection, "create_connection", refuse)
        with pytest.raises(ResourceExhaustedError, match="Too many open files"):
            db.version()
    assert db.version()


def test_no_descriptor_for_a_connection(db: Database) -> None:
    """The future ends with it after the usual wait for a host; the manager goes on."""
    with JobManager(db) as jobs:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(dialer, "_opened", refuse)
            error = jobs.aql.execute("RETURN 1").exception(30)
        assert isinstance(error, ResourceExhaustedError)
        assert "never sent" in str(error)
        assert "Too many open files" in str(error)
        assert jobs.aql.execute("RETURN 1").result(30).next() == 1


def test_no_thread_for_the_poller(db: Database) -> None:
    """The call raises it, takes no room, and the next one works."""
    with JobManager(db) as jobs:
        with pytest.MonkeyPatch.context() as patch:
            no_thread_named(patch, "poller")
            for _ in range(3):
                with pytest.raises(ResourceExhaustedError, match=r"no thread .*-poller"):
                    jobs.aql.execute("RETURN 1")
        assert jobs.stats().in_flight == 0
        assert jobs.aql.execute("RETURN 2").result(30).next() == 2
    assert jobs.stats().succeeded == 1


def test_no_thread_for_callbacks(db: Database) -> None:
    """Futures end all the same; the callbacks run as soon as there is a thread, or at the end."""
    told: list[int] = []
    with JobManager(db) as jobs, pytest.MonkeyPatch.context() as patch:
        no_thread_named(patch, "delivery")
        future = jobs.aql.execute("RETURN 1")
        future.add_done_callback(lambda _: told.append(1))
        assert future.result(30).next() == 1
        jobs.shutdown()
    assert told == [1]


def by_name() -> requests.Session:
    return requests.Session()


def hooked() -> requests.Session:
    session = requests.Session()
    session.hooks["response"].append(lambda response, **_: response)
    return session


def with_proxy() -> requests.Session:
    session = requests.Session()
    session.proxies = {"http": "http://127.0.0.1:9"}
    session.trust_env = False
    return session


@pytest.mark.parametrize(
    ("part", "make"),
    [("resolver", by_name), ("arango-jobs-session", hooked), ("dialer", with_proxy)],
    ids=["resolver", "session", "dialer"],
)
def test_no_thread_for_a_connection(
    server: LocalServer, part: str, make: Callable[[], requests.Session]
) -> None:
    """The future ends with it, never sent, whichever way requests go."""
    url = server.url.replace("127.0.0.1", "localhost")
    with ArangoClient(url, session=make()) as client, JobManager(client.db()) as jobs:
        with pytest.MonkeyPatch.context() as patch:
            no_thread_named(patch, part)
            error = jobs.aql.execute("RETURN 1").exception(30)
        assert isinstance(error, ResourceExhaustedError)
        assert "no thread can be started" in str(error)


def test_the_embedded_server() -> None:
    """It does not start, and leaves its port free."""
    with LocalServer() as other:
        port = int(other.url.rpartition(":")[2])
    before = open_descriptors()
    with pytest.MonkeyPatch.context() as patch:
        no_thread_named(patch, "arango-local-server")
        with pytest.raises(ResourceExhaustedError, match="no thread can be started"):
            LocalServer(port=port).start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hosting, "bind", refuse)
        with pytest.raises(ResourceExhaustedError, match="no file descriptor is left"):
            LocalServer(port=port).start()
    assert open_descriptors() == before
    with LocalServer(port=port) as server, ArangoClient(server.urls) as client:
        assert client.db().version()
