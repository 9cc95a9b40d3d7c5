"""Questions put to one Coordinator at a time: jobs live on one, and lists show only its own."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from arango_jobs._wire.job_api import list_request, read_ids
from arango_jobs.errors import AsyncJobListError, server_error
from arango_jobs.operations import Request, Response, Retry, quote_segment

__all__ = ["Host", "hosts_of"]


@dataclass(frozen=True, slots=True)
class Host:
    """One Coordinator."""

    connection: Any
    index: int

    @property
    def name(self) -> str:
        """Its URL."""
        return str(self.connection.hosts[self.index])

    @property
    def database(self) -> str:
        """The database that is named in paths."""
        return str(self.connection.database)

    def send(
        self, request: Request, retry: Retry = Retry.NEVER, within: float | None = None
    ) -> Response:
        """Send a request to it and return the answer, within so many seconds if there is any."""
        response: Response = self.connection.send(
            request, host=self.index, retry=retry, within=within
        )
        return response

    def get(self, path: str) -> Response:
        """Ask for a path below the database."""
        target = f"/_db/{quote_segment(self.database)}{path}"
        return self.send(Request("GET", target), Retry.SAFE)

    def ids(self, status: str, count: int) -> list[str]:
        """Return ids of "pending" or "done" jobs of this user here."""
        request = list_request(self.database, status, count)
        response = self.send(request, Retry.SAFE)
        ids = read_ids(response)
        if ids is None:
            raise server_error(AsyncJobListError, response, request.method, request.target)
        return ids

    def timed(self, path: str) -> tuple[Response, float]:
        """Ask for a path, and return the answer and the seconds it took."""
        begin = time.perf_counter()
        response = self.get(path)
        return response, time.perf_counter() - begin


def hosts_of(db: Any) -> list[Host]:
    """Return the Coordinators of a database."""
    connection = db.conn
    return [Host(connection, index) for index in range(len(connection.hosts))]
