"""A server that somebody runs already. Touches one collection of its own, and drops it."""

from __future__ import annotations

import requests

from benchmarks.servers.base import COLLECTION, add_foreign_jobs, delete_jobs, make_collection
from benchmarks.settings import Settings

__all__ = ["Remote"]


class Remote:
    """The server at the URL that the user gave."""

    name = "server"

    def __init__(self, settings: Settings) -> None:
        self.url = settings.url.rstrip("/")
        self.user, self.password = settings.user, settings.password
        self.database = settings.database
        self._foreign: list[str] = []
        make_collection(self)

    def configure(
        self, *, duration: float = 0.0, per_document: float = 0.0, workers: int = 0
    ) -> bool:
        """See `Server`: it is as fast as it is."""
        return not duration and not per_document and not workers

    def reset(self) -> None:
        """See `Server`."""
        delete_jobs(self, self._foreign)
        self._foreign = []
        make_collection(self)

    def requests(self) -> None:
        """See `Server`: others may use it as well."""
        return

    def add_foreign(self, count: int) -> None:
        """See `Server`; `reset` and `close` delete them."""
        self._foreign += add_foreign_jobs(self, count)

    def close(self) -> None:
        """See `Server`."""
        delete_jobs(self, self._foreign)
        requests.delete(
            f"{self.url}/_db/{self.database}/_api/collection/{COLLECTION}",
            auth=(self.user, self.password),
            timeout=60,
        )
