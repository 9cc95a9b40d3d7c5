"""Servers that never come to an end of an answer: every way to call one keeps its time.

Each server sends something for ever, as fast as it can or a little now and then. The ways
to call it run beside one another, with limits of a few tenths of a second.
"""

from __future__ import annotations

import contextlib
import itertools
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from requests.adapters import HTTPAdapter

from arango_jobs import (
    ArangoClient,
    ArangoJobsError,
    JobManager,
    RequestTimeoutError,
)

LIMIT = 0.3
SLACK = 2.0
"""Seconds that a busy machine may take more; servers go on for far longer."""

AT_ONCE = 5
"""Ways that run beside one another: more would wait for the interpreter, which servers use, too."""

HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"

# What comes first, and what again and again.
ANSWERS = {
    "nothing": (b"", b""),
    "interim": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "other interim": (b"", b"HTTP/1.1 102 Processing\r\n\r\n"),
    "status line": (b"HTTP/1.1 200 O", b"k"),
    "header line": (HEAD + b"A: ", b"a"),
    "header lines": (HEAD, b"A: b\r\n"),
    "body": (HEAD + b"Content-Length: 900000000\r\n\r\n", b"["),
    "chunks": (CHUNKED, b"1\r\n[\r\n"),
    "chunk extension": (CHUNKED + b"1", b";a"),
    "trailers": (CHUNKED + b"1\r\n1\r\n0\r\n", b"A: b\r\n"),
}


class Server:
    """Reads a little of each connection, then sends `first`, and `again` for ever."""

    def __init__(self, first: bytes, again: bytes, pause: float) -> None:
        self._first, self._again, self._pause = first, again, pause
        self._stop = threading.Event()
        self._socks: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while not self._stop.is_set():
                sock, _ = self._listener.accept()
                self._socks.append(sock)
                thread = threading.Thread(target=self._serve, args=(sock,))
                self._threads.append(thread)
                thread.start()

    def _serve(self, sock: socket.socket) -> None:
        with contextlib.suppress(OSError):
            sock.recv(65536)
            sock.sendall(self._first)
            piece = self._again if self._pause else self._again * 5000
            while not self._stop.wait(self._pause):
                sock.sendall(piece)

    def close(self) -> None:
        self._stop.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for sock in self._socks:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()
        for thread in self._threads:
            thread.join(10)
            assert not thread.is_alive()


class Sending(HTTPAdapter):
    def send(self, *args: object, **options: object) -> requests.Response:  # type: ignore[override]
        return super().send(*args, **options)  # type: ignore[arg-type]  # as they came


def plain() -> None:
    return None


def hooked() -> requests.Session:
    session = requests.Session()
    session.hooks["response"].append(lambda response, **_: response)
    return session


def adapted() -> requests.Session:
    session = requests.Session()
    session.mount("http://", Sending())
    return session


def retrying() -> requests.Session:
    session = requests.Session()
    session.mount("http://", HTTPAdapter(max_retries=1))
    return session


SESSIONS: list[Callable[[], requests.Session | None]] = [plain, hooked, adapted, retrying]


@contextlib.contextmanager
def client_of(url: str, session: requests.Session | None) -> Iterator[ArangoClient]:
    with contextlib.ExitStack() as stack:
        if session is not None:
            stack.enter_context(session)
        yield stack.enter_context(ArangoClient(url, request_timeout=LIMIT, session=session))


def direct(url: str, session: requests.Session | None) -> BaseException:
    with client_of(url, session) as client, pytest.raises(ArangoJobsError) as caught:
        client.db("test")["c"].insert({"a": 1})
    return caught.value


def submitted(url: str, session: requests.Session | None) -> BaseException:
    with client_of(url, session) as client, pytest.raises(ArangoJobsError) as caught:
        client.db("test").begin_async_execution()["c"].insert({"a": 1})
    return caught.value


def managed(url: str, session: requests.Session | None) -> BaseException:
    """Its deadline ends it, whatever else may take longer."""
    with client_of(url, session) as client:
        jobs = JobManager(client.db("test"), deadline=LIMIT)
        future = jobs.collection("c").insert({"a": 1})
        error = future.exception(timeout=10)
        jobs.shutdown(timeout=0.1)
    assert error is not None
    return error


def by_request(url: str, session: requests.Session | None) -> BaseException:
    """The time of each request ends it."""
    with client_of(url, session) as client:
        jobs = JobManager(client.db("test"), request_timeout=LIMIT, patience=LIMIT)
        error = jobs.collection("c").insert({"a": 1}).exception(timeout=10)
        jobs.shutdown(timeout=0.1)
    assert error is not None
    return error


def shut_down(url: str, session: requests.Session | None) -> BaseException:
    """A shutdown ends it, and does not wait for the server either."""
    with client_of(url, session) as client:
        jobs = JobManager(client.db("test"))
        future = jobs.collection("c").insert({"a": 1})
        jobs.shutdown(timeout=LIMIT)
        error = future.exception(timeout=0)
    assert error is not None
    return error


WAYS = [direct, submitted, managed, by_request, shut_down]


@pytest.mark.local_only
@pytest.mark.parametrize("pause", [0.02, 0.0], ids=["now and then", "as fast as it can"])
@pytest.mark.parametrize("kind", ANSWERS)
def test_every_way_keeps_its_time(kind: str, pause: float) -> None:
    """However the server goes on, the call ends with its limit, and without a thread left."""
    if kind == "nothing":
        pause = 1.0
    before = set(threading.enumerate())
    with contextlib.closing(Server(*ANSWERS[kind], pause)) as server:
        tasks = list(itertools.product(WAYS, SESSIONS))

        def timed(
            way: Callable[[str, requests.Session | None], BaseException],
            session: Callable[[], requests.Session | None],
        ) -> tuple[BaseException, float]:
            began = time.monotonic()
            return way(server.url, session()), time.monotonic() - began

        with ThreadPoolExecutor(AT_ONCE) as pool:
            ended = list(pool.map(lambda task: timed(*task), tasks))
    for (way, session), (error, seconds) in zip(tasks, ended, strict=True):
        assert seconds < LIMIT + SLACK, (way.__name__, session.__name__, seconds, error)
        if isinstance(error, RequestTimeoutError):
            assert f"within {LIMIT:g} s (request_timeout)" in str(error)
    deadline = time.monotonic() + 5
    while left := set(threading.enumerate()) - before:
        assert time.monotonic() < deadline, left
        next(iter(left)).join(0.1)
