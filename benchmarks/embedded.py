"""How fast is the embedded server? Always measured on `LocalServer`, in a process of its own."""

from __future__ import annotations

import socket
import statistics
import time
from base64 import b64encode
from collections.abc import Callable
from concurrent.futures import wait
from urllib.parse import urlsplit

import requests

from arango_jobs import ArangoClient, JobManager, StandardDatabase
from benchmarks.results import Goal, Report
from benchmarks.servers.base import Server
from benchmarks.servers.local import Local
from benchmarks.settings import Settings

__all__ = ["TITLE", "run"]

_PIPELINED = 250

TITLE = "The embedded server: inserts from one pipelining client, a long list, an AQL filter"


def run(settings: Settings, _server: Server) -> Report:
    """Measure it."""
    report = Report("embedded", TITLE)
    server = Local(settings.is_pinned)
    try:
        with ArangoClient(hosts=server.url) as client:
            db = client.db("_system", username=server.user, password=server.password)
            _inserts(report, settings, db)
            _list(report, settings, server)
            _filter(report, settings, db)
    finally:
        server.close()
    return report


def _inserts(report: Report, settings: Settings, db: StandardDatabase) -> None:
    count = settings.of(tiny=50, short=5_000, full=20_000)
    db.create_collection("inserted")

    def insert() -> None:
        with JobManager(db, merge=False) as jobs:
            collection = jobs.collection("inserted")
            wait([collection.insert({"v": number}) for number in range(count)])

    rate = count / _median(insert, settings.repeats)
    report.add("single-document inserts as jobs, a result for each", per_second=rate)
    report.goals.append(Goal("embedded server, inserts from one client", 3_000, rate, "/s"))


def _list(report: Report, settings: Settings, server: Local) -> None:
    count = settings.of(tiny=100, short=100_000, full=100_000)
    _store_jobs(server, count)
    session = requests.Session()
    session.auth = (server.user, server.password)
    url = f"{server.url}/_api/job/done?count=1000"
    ids = session.get(url, timeout=30).json()
    seconds = _median(lambda: session.get(url, timeout=30), 5 * settings.repeats)
    report.add(f"a list of {len(ids)} of {count:,} finished jobs, ms", milliseconds=1e3 * seconds)
    report.goals.append(Goal("embedded server, 1,000 ids", 5, 1e3 * seconds, "ms", is_least=False))


def _store_jobs(server: Local, count: int) -> None:
    """Leave `count` results on the server, by pipelines of a few hundred submissions."""
    address = urlsplit(server.url)
    login = b64encode(f"{server.user}:{server.password}".encode()).decode()
    request = (
        f"GET /_api/version HTTP/1.1\r\nHost: {address.netloc}\r\n"
        f"Authorization: Basic {login}\r\nx-arango-async: store\r\n\r\n"
    ).encode()
    with socket.create_connection((address.hostname or "", address.port or 0)) as line:
        for start in range(0, count, _PIPELINED):
            expected = min(_PIPELINED, count - start)
            line.sendall(request * expected)
            answered = b""
            while answered.count(b"HTTP/1.1 202 ") < expected or not answered.endswith(b"\r\n\r\n"):
                answered += line.recv(1 << 20)


def _filter(report: Report, settings: Settings, db: StandardDatabase) -> None:
    count = settings.of(tiny=100, short=100_000, full=100_000)
    collection = db.create_collection("filtered")
    for start in range(0, count, 10_000):
        part = range(start, min(start + 10_000, count))
        collection.insert_many([{"v": number % 1000} for number in part], silent=True)
    query = "FOR d IN filtered FILTER d.v == 5 AND d.v < 7 RETURN d"
    seconds = _median(lambda: list(db.aql.execute(query)), settings.repeats)
    report.add(f"an AQL filter over {count:,} documents, s", seconds=seconds)
    report.goals.append(Goal("embedded server, AQL filter", 2, seconds, "s", is_least=False))


def _median(action: Callable[[], object], times: int) -> float:
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        action()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)
