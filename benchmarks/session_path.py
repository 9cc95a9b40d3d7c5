"""How fast is it through the user's own `requests.Session` with an adapter of its own?

Three kinds of adapters: one that makes its connections in its own way (TLS versions,
source addresses), which are then pipelined; one that retries, of which every request
takes a connection for itself; and one that has a `send` of its own, which has to be
called for each request.
"""

from __future__ import annotations

from typing import Any

import requests
from requests.adapters import HTTPAdapter

from benchmarks import ours, peers
from benchmarks.results import Report
from benchmarks.servers.base import Server
from benchmarks.settings import Settings
from benchmarks.tables import add_rates, goal
from benchmarks.timing import Contender, measure, ratio
from benchmarks.work import inserts

__all__ = ["TITLE", "Connecting", "Retrying", "Sending", "run"]

TITLE = "Through a requests.Session with an adapter of the user's"

_POOL = "python-arango, ThreadPoolExecutor(8)"


class Connecting(HTTPAdapter):
    """An adapter that makes its connections in its own way."""

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        """Let them come from one address."""
        super().init_poolmanager(*arguments, **{**options, "source_address": ("127.0.0.1", 0)})


class Retrying(HTTPAdapter):
    """An adapter that repeats requests."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_retries=3, **options)


class Sending(HTTPAdapter):
    """An adapter that looks at each request."""

    def send(  # type: ignore[no-untyped-def]  # as requests calls it
        self, request, *arguments, **options
    ):
        """Note what a user may want to note."""
        request.headers["x-program"] = "benchmark"
        return super().send(request, *arguments, **options)


_ADAPTERS: dict[str, type[HTTPAdapter]] = {
    "connections of its own": Connecting,
    "retries": Retrying,
    "a send() of its own": Sending,
}


def run(settings: Settings, server: Server) -> Report:
    """Measure beside a thread pool."""
    server.configure()
    report = Report("session_path", TITLE)
    few = inserts(settings.seed, settings.of(tiny=50, short=1_500, full=5_000))
    many = inserts(settings.seed, settings.of(tiny=50, short=20_000, full=20_000))
    contenders: list[Contender] = [
        ours.contender(_name(how, merge), server, task, merge=merge, session=_session(adapter))
        for how, adapter in _ADAPTERS.items()
        for merge, task in ((False, few), (True, many))
    ]
    if peer := peers.load("python_arango"):
        contenders.append(peer.thread_pool(server, few, _POOL))
    found = measure(contenders, server, settings.repeats)
    add_rates(report, found, _POOL, short="8 threads")
    for how, merge in (
        ("connections of its own", False),
        ("connections of its own", True),
        ("retries", False),
        ("retries", True),
        ("a send() of its own", True),
    ):
        name = _name(how, merge)
        measured = ratio(found[name], found.get(_POOL))
        goal(report, server, f"{name}, against {_POOL}", 1.5, measured)
    for how, adapter in _ADAPTERS.items():
        with ours.manager(server, session=_session(adapter)) as jobs:
            report.notes.append(f"{how}: {jobs.stats().transport}.")
    report.notes.append(
        "Not merged, through a send() of the user's, an operation is two of its calls, which a "
        "synchronous call needs one of: no goal there."
    )
    return report


def _name(how: str, merge: bool) -> str:
    return f"adapter with {how}, {'merged' if merge else 'not merged'}"


def _session(adapter: type[HTTPAdapter]) -> requests.Session:
    """Return a session that only itself can stand for."""
    made = requests.Session()
    made.mount("http://", adapter(pool_maxsize=16))
    made.mount("https://", adapter(pool_maxsize=16))
    return made
