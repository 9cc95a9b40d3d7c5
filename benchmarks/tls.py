"""How fast is it through TLS?

A small proxy in a process of its own ends TLS in front of the stub, on the stub's core.
It is written in Python, so its share is in everybody's figures.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import requests

from benchmarks import ours, peers
from benchmarks.certificates import make_certificates
from benchmarks.cores import pin_server
from benchmarks.results import Report
from benchmarks.servers.base import Server, Unavailable
from benchmarks.settings import Settings
from benchmarks.tables import add_rates
from benchmarks.timing import Contender, measure
from benchmarks.work import Task, inserts

__all__ = ["TITLE", "run"]

TITLE = "TLS: single-document inserts through a proxy that ends TLS"

_LOOP = "python-arango, the loop of its documentation"
_AUTHORITIES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


class Behind:
    """A server, reached by another URL."""

    def __init__(self, server: Server, url: str) -> None:
        self._server = server
        self.url = url
        self.name, self.database = server.name, server.database
        self.user, self.password = server.user, server.password

    def configure(
        self, *, duration: float = 0.0, per_document: float = 0.0, workers: int = 0
    ) -> bool:
        """See `Server`."""
        return self._server.configure(duration=duration, per_document=per_document, workers=workers)

    def reset(self) -> None:
        """Leave it: the embedded server would come back under another URL."""
        if self.name == "stub":
            self._server.reset()

    def requests(self) -> int | None:
        """See `Server`."""
        return self._server.requests()

    def add_foreign(self, count: int) -> None:
        """See `Server`."""
        self._server.add_foreign(count)

    def close(self) -> None:
        """See `Server`."""


def run(settings: Settings, server: Server) -> Report:
    """Measure beside the peers, and beside itself without TLS."""
    server.configure()
    report = Report("tls", TITLE)
    with tempfile.TemporaryDirectory() as folder:
        try:
            certificates = make_certificates(Path(folder))
        except Unavailable as reason:
            report.notes.append(str(reason))
            return report
        with _own_authority_only(), _proxied(server, certificates, settings.is_pinned) as secure:
            _measure(report, settings, server, secure, certificates["authority"])
    return report


def _measure(
    report: Report, settings: Settings, plain: Server, secure: Server, ca_file: str
) -> None:
    session = requests.Session()
    session.verify = ca_file
    task = inserts(settings.seed, settings.of(tiny=50, short=5_000, full=20_000))
    contenders: list[Contender] = [
        ours.contender(f"arango_jobs, {word}, {how}", where, task, merge=merge, session=one)
        for merge, word in ((False, "not merged"), (True, "merged"))
        for how, where, one in (("plain", plain, None), ("TLS", secure, session))
    ]
    contenders += _of_peers(settings, secure, task, ca_file)
    add_rates(report, measure(contenders, secure, settings.repeats), f"{_LOOP}, TLS")


def _of_peers(settings: Settings, server: Server, task: Task, ca_file: str) -> list[Contender]:
    contenders: list[Contender] = []
    few = task.first(settings.of(tiny=50, short=400, full=2_000))
    if peer := peers.load("python_arango"):
        pool = "python-arango, ThreadPoolExecutor(8), TLS"
        contenders += [
            peer.documented_loop(server, few, f"{_LOOP}, TLS", ca_file=ca_file),
            peer.thread_pool(server, few, pool, ca_file=ca_file),
        ]
    if peer := peers.load("python_arango_async"):
        name = "python-arango-async, 64 at once, TLS"
        contenders.append(peer.calls(server, few, name, ca_file=ca_file))
    return contenders


@contextmanager
def _own_authority_only() -> Iterator[None]:
    """Leave out what the environment says: `requests` lets it go before the client's settings."""
    kept = {name: os.environ.pop(name) for name in _AUTHORITIES if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(kept)


@contextmanager
def _proxied(server: Server, certificates: dict[str, str], is_pinned: bool) -> Iterator[Server]:
    where = urlsplit(server.url)
    command = [sys.executable, "-m", "benchmarks.tls_proxy"]
    command += [str(where.hostname), str(where.port), certificates["chain"], certificates["key"]]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    pin_server(process.pid, is_pinned)
    assert process.stdout is not None
    try:
        yield Behind(server, f"https://127.0.0.1:{int(process.stdout.readline())}")
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
