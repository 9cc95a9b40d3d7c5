"""What the servers say about jobs of a process that is gone: which they still have.

An id alone is no proof: after a restart it may be another job's
(server-protocol.md §2.2). So a job is ours only if the server's process had
been started before it was accepted, and is the one that was known then.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from arango_jobs._core.actions import Ask
from arango_jobs._core.meanings import Call, Meaning
from arango_jobs._wire.calls import read, request_for
from arango_jobs._wire.job_api import list_request, read_call, read_ids, status_request
from arango_jobs.api.connection import Connection
from arango_jobs.errors import ArangoJobsError
from arango_jobs.ledger.reader import ReadJob
from arango_jobs.operations import Retry

__all__ = ["Servers"]

_GRAIN = 1.0
"""Seconds by which two statements of one start may differ: our clock may have been set."""
_DRIFT = 0.0005
_MANY = 16
"""Jobs of one host from which on two lists are cheaper than a question for each."""
_LIST = 100_000


class Servers:
    """Asks the hosts of one connection."""

    def __init__(self, connection: Connection, *, trust: bool) -> None:
        self._connection = connection
        self._database = connection.database
        self._trust = trust

    def missing(self, jobs: Iterable[ReadJob]) -> dict[int, str]:
        """Return for those jobs that cannot be watched, by their `id()`, why."""
        reasons: dict[int, str] = {}
        by_host: dict[str, list[ReadJob]] = {}
        for job in jobs:
            by_host.setdefault(job.host, []).append(job)
        for host, own in by_host.items():
            try:
                reasons.update(self._missing_of(host, own))
            except ArangoJobsError as error:
                reasons.update((id(job), f"{host} could not be asked: {error}") for job in own)
        return reasons

    def index(self, host: str) -> int:
        """Return which host of the connection `host` is; raise `ValueError` where it is none."""
        return self._connection.hosts.index(host)

    def _missing_of(self, host: str, jobs: list[ReadJob]) -> Iterator[tuple[int, str]]:
        if host not in self._connection.hosts:
            yield from ((id(job), f"{host} is no host of this database") for job in jobs)
            return
        started = self._started(host)
        asked = []
        for job in jobs:
            reason = self._not_ours(host, job, started)
            if reason:
                yield id(job), reason
            else:
                asked.append(job)
        listed = self._listed(host) if len(asked) > _MANY else frozenset()
        for job in asked:
            if job.job_id not in listed:
                reason = self._not_there(host, job)
                if reason:
                    yield id(job), reason

    def _started(self, host: str) -> tuple[float, float] | None:
        """Return between which times the server was started, `None` if it does not tell."""
        connection, clock = self._connection, self._connection.sender.clock
        for metrics in (0, 1):
            asked_at = clock.time()
            ask = Ask(Call.IDENTIFY, self.index(host), asked_at)
            ask.database, ask.count = self._database, metrics
            request = request_for(ask, connection.dumps)
            response = connection.send(request, host=ask.host, retry=Retry.SAFE)
            meaning, uptime = read(ask, response)
            if meaning is Meaning.OK and uptime is not None:
                return asked_at - uptime, clock.time() - uptime
        return None

    def _not_ours(self, host: str, job: ReadJob, started: tuple[float, float] | None) -> str:
        if started is None:
            if self._trust:
                return ""
            return f"{host} does not tell whether it has restarted, so its ids may be others'"
        after, before = started
        drift = _DRIFT * max(0.0, self._connection.sender.clock.time() - job.accepted_at)
        if job.accepted_at <= before + drift:
            return f"{host} has restarted since"
        if job.started is not None:
            then_after, then_before = job.started
            tolerance = _GRAIN + drift
            if after > then_before + tolerance or before < then_after - tolerance:
                return f"{host} is another process than the one that accepted it"
        return ""

    def _not_there(self, host: str, job: ReadJob) -> str:
        assert job.job_id is not None
        request = status_request(self._database, job.job_id)
        response = self._connection.send(request, host=self.index(host), retry=Retry.SAFE)
        meaning = read_call(response)
        if meaning in (Meaning.PENDING, Meaning.OK):
            return ""
        return f"{host} was asked for its job and answers: {meaning.value}"

    def _listed(self, host: str) -> frozenset[str]:
        found: set[str] = set()
        for status in ("done", "pending"):
            request = list_request(self._database, status, _LIST)
            response = self._connection.send(request, host=self.index(host), retry=Retry.SAFE)
            found.update(read_ids(response) or ())
        return frozenset(found)
