"""The thread that serves: one event loop, one listener for each Coordinator."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import uvicorn

from arango_jobs.local.coordinator import Coordinator
from arango_jobs.local.net.executor import LoopExecutor
from arango_jobs.local.net.protocol import ArangoProtocol, Gate

__all__ = ["Hosting"]

_KEEP_ALIVE = 300  # --http.keep-alive-timeout
_BACKLOG = 512
_PATIENCE = 10.0
_ROUNDS = 5


class _Application:
    """What uvicorn is given as its application; the protocol talks to the Coordinator itself."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Never called: see `ArangoProtocol`."""
        raise NotImplementedError("requests go through ArangoProtocol")


class _Listener:
    """One listening address; it can be closed and opened again."""

    def __init__(self, coordinator: Coordinator, sock: socket.socket, tls: tuple[str, str] | None):
        self.address: tuple[str, int] = sock.getsockname()[:2]
        self._coordinator = coordinator
        self._sock: socket.socket | None = sock
        self._tls = tls
        self._gate = Gate(coordinator)
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Accept connections."""
        sock = self._sock or bind(*self.address)
        self._sock = None
        certfile, keyfile = self._tls or (None, None)
        config = uvicorn.Config(
            _Application(),
            http=ArangoProtocol,
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            date_header=False,
            timeout_keep_alive=_KEEP_ALIVE,
            ssl_certfile=certfile,
            ssl_keyfile=keyfile,
        )
        config.load()
        # Each connection gets the gate from here, not from `config`: uvicorn wraps the application
        # there, as the process's logging levels say.
        gate = self._gate = Gate(self._coordinator)
        self._server = await asyncio.get_running_loop().create_server(
            lambda: ArangoProtocol(config, gate), sock=sock, ssl=config.ssl, backlog=_BACKLOG
        )

    async def close(self) -> None:
        """Refuse connections and cut those that are open."""
        server, self._server = self._server, None
        self._gate.closed = True
        if server is not None:
            await self._stop_accepting(server)
            server.close()
            self._gate.cut()
        self.release()

    def release(self) -> None:
        """Give up the address if it was never listened on."""
        if self._sock is not None:
            self._sock.close()
            self._sock = None

    async def _stop_accepting(self, server: asyncio.Server) -> None:
        """Let what is being accepted come through: asyncio loses it when the listener closes."""
        loop = asyncio.get_running_loop()
        for sock in server.sockets:
            with contextlib.suppress(NotImplementedError):
                loop.remove_reader(sock.fileno())
        for _ in range(_ROUNDS):
            await asyncio.sleep(0)


def bind(host: str, port: int) -> socket.socket:
    """Return a bound socket; port 0 picks one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
        sock.setblocking(False)
    except OSError:
        sock.close()
        raise
    return sock


class Hosting:
    """Owns the loop's thread and the listeners."""

    def __init__(
        self,
        coordinators: list[Coordinator],
        executor: LoopExecutor,
        *,
        host: str,
        port: int,
        tls: tuple[str, str] | None,
    ) -> None:
        self._executor = executor
        self._listeners: list[_Listener] = []
        try:
            for index, coordinator in enumerate(coordinators):
                sock = bind(host, port if index == 0 else 0)
                self._listeners.append(_Listener(coordinator, sock, tls))
        except OSError:
            for listener in self._listeners:
                listener.release()
            raise
        self._loop = asyncio.new_event_loop()
        self._executor.attach(self._loop)
        self._thread = threading.Thread(target=self._run, name="arango-local-server", daemon=True)

    @property
    def addresses(self) -> list[tuple[str, int]]:
        """Return the Coordinators' addresses."""
        return [listener.address for listener in self._listeners]

    def start(self) -> None:
        """Accept connections."""
        self._thread.start()
        for listener in self._listeners:
            self.run(listener.open())

    def run(self, step: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine on the loop and wait for it."""
        asyncio.run_coroutine_threadsafe(step, self._loop).result(_PATIENCE)

    def call(self, step: Callable[[], None]) -> None:
        """Run a function on the loop and wait for it."""

        async def run() -> None:
            step()

        self.run(run())

    @property
    def is_own_thread(self) -> bool:
        """Tell whether the caller is the loop's thread."""
        return threading.current_thread() is self._thread

    def open(self, index: int) -> None:
        """Accept connections for one Coordinator again."""
        self.run(self._listeners[index].open())

    def close(self, index: int) -> None:
        """Refuse connections for one Coordinator."""
        if self.is_own_thread:
            self._loop.create_task(self._listeners[index].close())
        else:
            self.run(self._listeners[index].close())

    def stop(self) -> None:
        """Close everything and end the threads."""
        for listener in self._listeners:
            self.run(listener.close())
        self._executor.close()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_PATIENCE)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
            # Aborted transports say so in the loop's next round.
            self._loop.run_until_complete(asyncio.sleep(0))
            self._loop.run_until_complete(asyncio.sleep(0))
            pending = asyncio.all_tasks(self._loop)
            for task in pending:
                task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                self._loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        finally:
            asyncio.set_event_loop(None)
            self._loop.close()
