"""Fixtures of the transports' tests: every socket closed, every thread ended."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
import trustme
from netpeer import Listener, ManualClock
from pathserver import Server

from arango_jobs._net.pipeline import PipelineTransport


@pytest.fixture(autouse=True)
def _no_thread_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def listener() -> Iterator[Listener]:
    listener = Listener()
    yield listener
    listener.close()


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


@pytest.fixture
def transport(listener: Listener, clock: ManualClock) -> Iterator[PipelineTransport]:
    transport = PipelineTransport([listener.url], clock=clock)
    yield transport
    transport.close()
