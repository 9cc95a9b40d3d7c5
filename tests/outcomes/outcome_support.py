"""Ways in which a call can break, what is called, and what became of it."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import wait
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connectionpool import HTTPConnectionPool

from arango_jobs import ArangoClient, JobFuture, JobManager, StandardDatabase
from arango_jobs.local import Fault, LocalServer

SECRET = "the embedded server's, of 32 bytes and more"
DATABASE = "app"
COUNT = 3
"""Operations in one array."""
SUBMIT_ROUTES = {
    ("read", False): "GET /_api/document/{collection}/{key}",
    ("read", True): "PUT /_api/document/{collection}",
}
INSERT_ROUTE = "POST /_api/document/{collection}"
FETCH_ROUTE = "PUT /_api/job/{id}"
LOOK_ROUTE = "GET /_api/job/{id}"
CANCEL_ROUTE = "PUT /_api/job/{id}/{action}"
DELETE_ROUTE = "DELETE /_api/job/{id}"


@dataclass(frozen=True)
class Break:
    """One way in which a call breaks."""

    action: str
    has_run: bool = False
    """Whether the server has done what it was asked for."""
    status: int | None = None
    number: int | None = None
    loses_jobs: bool = False
    """Whether the server has no job any more when it says so."""

    def fault(self, route: str, server: LocalServer) -> Fault:
        """Return what the server is to do, once."""
        kind = Losing if self.loses_jobs else Fault
        fault = kind(route, self.action, status=self.status, error_num=self.number)
        if isinstance(fault, Losing):
            fault.server = server
        return fault


class Losing(Fault):
    """An answer by a server that has no jobs any more."""

    server: LocalServer | None = None

    def strikes(self) -> bool:
        """Lose all jobs with it."""
        if not super().strikes():
            return False
        assert self.server is not None
        self.server.deployment.coordinators[0].jobs.clear()
        return True


def says(status: int, number: int, **more: Any) -> Break:
    """Return an answer that is no operation's own."""
    return Break("respond", status=status, number=number, **more)


BREAKS = {
    "refused": Break("away"),
    "closed while idle": Break("cut"),
    "reset": Break("refuse"),
    "closed before the work": Break("close_before"),
    "closed after the work": Break("close_after", has_run=True),
    "late, not done": Break("hang"),
    "late, done": Break("hang_after", has_run=True),
    "cut short": Break("truncate", has_run=True),
    "garbage": Break("garbage", has_run=True),
    "without the id": Break("drop_header", has_run=True),
    "503/21003": says(503, 21003),
    "412/21004": says(412, 21004),
    "503/30": says(503, 30),
    "503/1478": says(503, 1478),
    "503/1465": says(503, 1465),
    "500/1457": says(500, 1457),
    "404/404": says(404, 404, loses_jobs=True),
    "404/1228": says(404, 1228),
    "404/1449": says(404, 1449, loses_jobs=True),
    "400/400": says(400, 400),
    "401/11": says(401, 11),
}


class Scene:
    """An embedded server with a collection, and what happens there."""

    def __init__(self, server: LocalServer) -> None:
        self.server = server
        self._timer: threading.Timer | None = None
        self.client = ArangoClient(hosts=server.url)
        self.client.db().create_database(DATABASE)
        self.db: StandardDatabase[Any] = self.client.db(DATABASE)
        self.db.create_collection("c")
        self.db.collection("c").insert_many([{"_key": f"r{n}", "n": -1} for n in range(COUNT)])

    def reset(self) -> None:
        """Leave nothing to the next test."""
        if self._timer is not None:
            self._timer.join()
            self._timer = None
        self.server.faults.reset()
        self.server.deployment.coordinators[0].jobs.clear()
        written = [key for key in self.documents if not key.startswith("r")]
        self.db.collection("c").delete_many(written)
        self.server.reset_stats()

    @contextmanager
    def manager(self, *, jwt: bool = False, **options: Any) -> Iterator[JobManager]:
        """Give a manager that has a connection already."""
        db = self.client.db(DATABASE, auth_method="jwt") if jwt else self.db
        options = {"patience": 10.0, **options}
        with JobManager(db, **options) as jobs:
            yield jobs

    def warm_up(self, jobs: JobManager) -> None:
        """Let `jobs` have a connection, and know the server."""
        jobs.db.request("GET", "/_api/version").result(timeout=10)

    def breaks(self, way: Break, route: str) -> Fault | None:
        """Let the next call of `route` break; give the fault where there is one."""
        if way.action == "away":
            self.goes_away()
        elif way.action == "cut":
            self.cut()
        else:
            return self.server.faults.add(way.fault(route, self.server))
        return None

    def goes_away(self, seconds: float = 0.15) -> None:
        """Refuse connections for a while, and lose nothing by it."""
        hosting = self._close_all()
        self._timer = threading.Timer(seconds, hosting.open, (0,))
        self._timer.start()

    def cut(self) -> None:
        """Close all connections, and take new ones at once."""
        self._close_all().open(0)

    def _close_all(self) -> Any:
        hosting = self.server._running()
        hosting.close(0)
        for _ in range(3):
            # The sockets of aborted transports are closed in a later round of the loop.
            hosting.call(lambda: None)
        return hosting

    def left(self) -> int:
        """Return how many jobs the server has."""
        return len(self.server.jobs())

    def stored(self) -> Counter[int]:
        """Return how often each number was stored."""
        numbers = [document["n"] for document in self.documents.values()]
        return Counter(number for number in numbers if number >= 0)

    @property
    def documents(self) -> dict[str, Any]:
        """Return what is stored, by key."""
        return self.server.database(DATABASE).collection("c").documents


def start(jobs: JobManager, operation: str, count: int) -> list[JobFuture[Any]]:
    """Hand in `count` operations of one kind."""
    collection = jobs.collection("c")
    if operation == "read":
        return [collection.get(f"r{n}") for n in range(count)]
    return [collection.insert({"n": n}) for n in range(count)]


def options_for(name: str, operation: str, merged: bool = False) -> dict[str, Any]:
    """Return what makes `operation` repeatable or not, and merged or not, and the break short."""
    options: dict[str, Any] = {"client_keys": operation == "keys", "merge": merged}
    if name.startswith("late"):
        options["request_timeout"] = 0.2
    if merged:
        options.update(linger=5.0, merge_max_operations=COUNT)
    return options


def route_of(operation: str, merged: bool) -> str:
    """Return the route by which `operation` is submitted."""
    return SUBMIT_ROUTES.get((operation, merged), INSERT_ROUTE)


def ends(futures: list[JobFuture[Any]]) -> set[str]:
    """Wait; return "value", or the name of the error, of each kind of end that there was."""
    _, open_ones = wait(futures, timeout=15)
    assert not open_ones, [(future, future.job) for future in open_ones]
    return {_end(future) for future in futures}


def _end(future: JobFuture[Any]) -> str:
    if future.cancelled():
        return "cancelled"
    error = future.exception()
    return "value" if error is None else type(error).__name__


def has_true_results(
    futures: list[JobFuture[Any]], operation: str, documents: dict[str, Any]
) -> bool:
    """Say whether each result is about the document that is there."""
    for n, future in enumerate(futures):
        result = future.result()
        document = documents[result["_key"]]
        if document["_rev"] != result["_rev"] or document["n"] != (
            -1 if operation == "read" else n
        ):
            return False
    return True


def until(condition: Callable[[], Any], seconds: float = 10.0) -> None:
    """Wait until `condition` holds; fail where it never does."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.001)


def age(server: LocalServer) -> None:
    """Let it have been up for a while: no server is started twice within a tenth of a second."""
    for coordinator in server.deployment.coordinators:
        coordinator.started_at -= 60


def others_jobs(db: StandardDatabase[Any], count: int) -> dict[str, int]:
    """Submit another program's queries; return what each of them is to give, by id."""
    other = db.begin_async_execution()
    jobs = [other.aql.execute("RETURN @n", bind_vars={"n": n}) for n in range(count)]
    return {job.id: n for n, job in enumerate(jobs)}


class Adapter(HTTPAdapter):
    """An adapter of the user's, whose pools make the connections that we use."""


class Pool(HTTPConnectionPool):
    """A user's own, which has to be called."""


class PoolAdapter(HTTPAdapter):
    """An adapter with pools of a class of its own."""

    def get_connection_with_tls_context(self, *args: Any, **options: Any) -> Any:
        """Return a pool of that class."""
        pool = super().get_connection_with_tls_context(*args, **options)
        pool.__class__ = Pool
        return pool


WAYS: dict[str, Callable[[], HTTPAdapter]] = {
    "pipelined": HTTPAdapter,
    "made by the session's adapters": Adapter,
    "connections of pools": lambda: HTTPAdapter(max_retries=1),
    "pools": PoolAdapter,
}


def session_for(way: str) -> requests.Session:
    """Return the session that makes requests go this way."""
    session = requests.Session()
    session.mount("http://", WAYS[way]())
    return session
