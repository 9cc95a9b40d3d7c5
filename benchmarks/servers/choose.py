"""Starts the server that a run asks for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.servers.base import Server
from benchmarks.servers.local import Local
from benchmarks.servers.remote import Remote
from benchmarks.servers.stub import Stub
from benchmarks.settings import Settings

__all__ = ["running"]


@contextmanager
def running(settings: Settings) -> Iterator[Server]:
    """Start it, give it, and end it."""
    server = _MAKERS[settings.server](settings)
    try:
        yield server
    finally:
        server.close()


def _stub(settings: Settings) -> Server:
    return Stub(settings.is_pinned)


def _local(settings: Settings) -> Server:
    return Local(settings.is_pinned)


def _remote(settings: Settings) -> Server:
    return Remote(settings)


_MAKERS = {"stub": _stub, "local": _local, "url": _remote}
