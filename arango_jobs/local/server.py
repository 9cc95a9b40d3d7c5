"""`LocalServer`: the embedded server as users start it."""

from __future__ import annotations

import contextlib
import secrets
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType

from arango_jobs.checking import checked
from arango_jobs.clock import Clock, SystemClock
from arango_jobs.errors import OptionError
from arango_jobs.local.aql import check_grammar
from arango_jobs.local.deployment import Deployment
from arango_jobs.local.faults import Faults
from arango_jobs.local.net.executor import LoopExecutor
from arango_jobs.local.net.hosting import Hosting
from arango_jobs.local.options import ServerOptions
from arango_jobs.local.store import Database
from arango_jobs.local.store.limits import Limits

__all__ = ["JobInfo", "LocalServer"]

MAX_DOCUMENTS = 5_000_000
MAX_BYTES = 2 << 30
_LAST_PORT = 65535


@dataclass(frozen=True, slots=True)
class JobInfo:
    """One entry of a Coordinator's job table: `state` is ``pending`` or ``done``."""

    id: str
    state: str
    owner: str
    stamp: float


class LocalServer:
    """An embedded server that speaks ArangoDB's protocol on 127.0.0.1.

    It runs in a thread of this process, keeps everything in memory, and is no database to keep
    data in. With several `coordinators` it behaves as a cluster: each has a port, a job table and
    a queue of its own over the same data. Times are in seconds. `service_time` is how long each
    queued operation keeps a worker busy besides its work, `per_document_time` the same for each
    document of its body.
    """

    @checked
    def __init__(
        self,
        port: int = 0,
        username: str = "root",
        password: str = "",
        jwt_secret: str | None = None,
        coordinators: int = 1,
        *,
        host: str = "127.0.0.1",
        authentication: bool = True,
        clock: Clock | None = None,
        workers: int = 32,
        queue_size: int = 4096,
        service_time: float = 0.0,
        per_document_time: float = 0.0,
        shuffle_lists: bool = False,
        seed: int = 0,
        max_documents: int = MAX_DOCUMENTS,
        max_bytes: int = MAX_BYTES,
        max_body: int = 1 << 30,
        tls: tuple[str, str] | None = None,
        version: str = "3.12.4",
        faithful_phantoms: bool = True,
        forward_timeout: float = 900.0,
        lock_timeout: float = 900.0,
    ) -> None:
        _check_least(
            1, coordinators=coordinators, workers=workers, queue_size=queue_size,
            max_documents=max_documents, max_bytes=max_bytes, max_body=max_body,
        )  # fmt: skip
        _check_least(
            0, port=port, service_time=service_time, per_document_time=per_document_time,
            forward_timeout=forward_timeout, lock_timeout=lock_timeout,
        )  # fmt: skip
        if port > _LAST_PORT:
            raise OptionError(f"port must be from 0 to {_LAST_PORT}, not {port}")
        self._host, self._port, self._tls = host, port, tls
        self._clock = clock or SystemClock()
        self._executor = LoopExecutor(self._clock)
        self._deployment = Deployment(
            ServerOptions(
                version=version,
                workers=workers,
                queue_size=queue_size,
                service_time=service_time,
                per_document_time=per_document_time,
                shuffle_lists=shuffle_lists,
                faithful_phantoms=faithful_phantoms,
                max_body=max_body,
                forward_timeout=forward_timeout,
                lock_timeout=lock_timeout,
                cluster=coordinators > 1,
            ),
            executor=self._executor,
            clock=self._clock,
            limits=Limits(max_documents, max_bytes),
            username=username,
            password=password,
            jwt_secret=secrets.token_hex(32) if jwt_secret is None else jwt_secret,
            authentication=authentication,
            coordinators=coordinators,
            seed=seed,
        )
        self._deployment.on_shutdown = self._shut_down
        self._hosting: Hosting | None = None
        self._when_all_shut_down: Callable[[], None] = lambda: None

    def __repr__(self) -> str:
        state = "stopped" if self._hosting is None else f"at {', '.join(self.urls)}"
        return f"<LocalServer {state}>"

    def __enter__(self) -> LocalServer:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    # life

    def start(self) -> LocalServer:
        """Accept connections; `OSError` if the port is taken.

        Raises `ArangoClientError` in a frozen program that lacks our data files.
        """
        if self._hosting is None:
            check_grammar()
            hosting = Hosting(
                self._deployment.coordinators,
                self._executor,
                host=self._host,
                port=self._port,
                tls=self._tls,
            )
            hosting.start()
            self._hosting = hosting
            self._deployment.addresses = [f"{host}:{port}" for host, port in hosting.addresses]
        return self

    def stop(self) -> None:
        """Close all connections, stop what runs, and end the threads; data is lost."""
        hosting, self._hosting = self._hosting, None
        if hosting is None:
            return

        def end() -> None:
            for coordinator in self._deployment.coordinators:
                coordinator.stopping = True
                coordinator.crash()

        hosting.call(end)
        hosting.stop()

    def kill(self, coordinator: int = 0) -> None:
        """Let a Coordinator crash: connections refused; jobs, cursors and transactions lost."""
        victim = self._deployment.coordinators[coordinator]
        hosting = self._running()
        hosting.close(coordinator)
        hosting.call(victim.crash)

    def restart(self, coordinator: int = 0) -> None:
        """Let a Coordinator crash and come back on the same port; job ids begin again."""
        victim = self._deployment.coordinators[coordinator]
        hosting = self._running()
        if victim.alive:
            self.kill(coordinator)
        hosting.call(victim.revive)
        hosting.open(coordinator)

    def soft_shutdown(self, coordinator: int = 0) -> None:
        """Refuse new jobs and stop the Coordinator when everything is fetched (§1.7)."""
        victim = self._deployment.coordinators[coordinator]
        self._running().call(victim.begin_soft_shutdown)

    def on_all_shut_down(self, step: Callable[[], None]) -> None:
        """Call `step` when requests have shut down the last Coordinator."""
        self._when_all_shut_down = step

    # looking in

    @property
    def url(self) -> str:
        """Return the first Coordinator's URL."""
        return self.urls[0]

    @property
    def urls(self) -> list[str]:
        """Return the Coordinators' URLs."""
        scheme = "https" if self._tls else "http"
        return [
            f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
            for host, port in self._running().addresses
        ]

    @property
    def faults(self) -> Faults:
        """Return the faults of this server."""
        return self._deployment.faults

    @property
    def stats(self) -> Counter[str]:
        """Return how often each route, as ``"PUT /_api/job/{id}"``, was called anywhere."""
        return self._deployment.stats

    def stats_of(self, coordinator: int) -> Counter[str]:
        """Return how often each route was called on one Coordinator."""
        return Counter(self._deployment.coordinators[coordinator].stats)

    def reset_stats(self) -> None:
        """Count requests from zero."""
        for coordinator in self._deployment.coordinators:
            coordinator.stats.clear()

    def jobs(self, coordinator: int = 0) -> list[JobInfo]:
        """Return the job table of a Coordinator, of all owners."""
        found = self._deployment.coordinators[coordinator].jobs.snapshot()
        return [JobInfo(str(job.id), job.state, job.owner, job.stamp) for job in found]

    def database(self, name: str = "_system") -> Database:
        """Return a database for a look past the protocol."""
        return self._deployment.store.database(name)

    @property
    def deployment(self) -> Deployment:
        """Return what is behind the sockets."""
        return self._deployment

    def _running(self) -> Hosting:
        if self._hosting is None:
            raise RuntimeError("the server is not running: call start() or use a with-block")
        return self._hosting

    def _shut_down(self, index: int) -> None:
        """Stop listening because a request asked for it (called on the loop's thread)."""
        hosting = self._hosting
        if hosting is not None:
            coordinator = self._deployment.coordinators[index]
            coordinator.stopping = True
            coordinator.crash()
            with contextlib.suppress(RuntimeError):
                hosting.close(index)
            if not any(c.alive for c in self._deployment.coordinators):
                self._when_all_shut_down()


def _check_least(least: int, **values: float) -> None:
    for name, value in values.items():
        if value < least:
            raise OptionError(f"{name} must be at least {least}, not {value!r}")
