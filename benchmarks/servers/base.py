"""What a benchmark may ask of a server, whichever it is."""

from __future__ import annotations

import http.client
from typing import Protocol
from urllib.parse import urlsplit

import requests

__all__ = [
    "COLLECTION",
    "Server",
    "Unavailable",
    "add_foreign_jobs",
    "delete_jobs",
    "make_collection",
]


COLLECTION = "arango_jobs_bench"
"""What is measured goes here; it is emptied before and dropped afterwards."""


class Unavailable(Exception):
    """Something that a benchmark needs is not there; the text says what and how to get it."""


class Server(Protocol):
    """A server to measure against."""

    name: str
    url: str
    user: str
    password: str
    database: str

    def configure(
        self, *, duration: float = 0.0, per_document: float = 0.0, workers: int = 0
    ) -> bool:
        """Have operations last so many seconds, at most `workers` at once (0: any number).

        Says whether the server does what was asked.
        """
        ...

    def reset(self) -> None:
        """Forget documents and jobs."""
        ...

    def requests(self) -> int | None:
        """Return how many requests it has got, `None` where it does not count."""
        ...

    def add_foreign(self, count: int) -> None:
        """Put so many finished jobs of another program there."""
        ...

    def close(self) -> None:
        """End it."""
        ...


def make_collection(server: Server) -> None:
    """Make the collection, empty; whatever it holds is thrown away."""
    with requests.Session() as session:
        session.auth = (server.user, server.password)
        base = f"{server.url}/_db/{server.database}/_api/collection"
        answer = session.post(base, json={"name": COLLECTION}, timeout=30)
        if answer.status_code == 409:
            answer = session.put(f"{base}/{COLLECTION}/truncate", timeout=60)
        answer.raise_for_status()


def add_foreign_jobs(server: Server, count: int) -> list[str]:
    """Submit so many jobs that this program does not collect; return their ids."""
    where = urlsplit(server.url)
    kind = http.client.HTTPSConnection if where.scheme == "https" else http.client.HTTPConnection
    line = kind(where.netloc, timeout=60)
    headers = {"x-arango-async": "store", "Authorization": _basic(server)}
    found = []
    for _ in range(count):
        line.request("GET", f"/_db/{server.database}/_api/version", headers=headers)
        answer = line.getresponse()
        answer.read()
        found.append(answer.headers["x-arango-async-id"])
    line.close()
    return found


def delete_jobs(server: Server, ids: list[str]) -> None:
    """Delete the results of `ids` on the server."""
    with requests.Session() as session:
        session.auth = (server.user, server.password)
        for each in ids:
            session.delete(f"{server.url}/_db/{server.database}/_api/job/{each}", timeout=60)


def _basic(server: Server) -> str:
    probe = requests.Request("GET", "http://localhost", auth=(server.user, server.password))
    return str(probe.prepare().headers["Authorization"])
