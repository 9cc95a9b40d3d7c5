"""A server, and programs of their own that use it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import textwrap
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import wait
from pathlib import Path
from typing import Any

from arango_jobs import ArangoClient, JobFuture, JobManager, StandardDatabase
from arango_jobs.local import LocalServer

ROOT = Path(__file__).parents[2]
_HEAD = """
import faulthandler, os, signal, sys, threading, time
from concurrent.futures import wait
from arango_jobs import *
faulthandler.dump_traceback_later(25, exit=True)
db = ArangoClient(sys.argv[1]).db()
"""


class Stage:
    """A running server, seen from outside and from within."""

    def __init__(self, server: LocalServer) -> None:
        self.server = server
        self.client = ArangoClient(server.urls)
        self.db: StandardDatabase[Any] = self.client.db()

    def __enter__(self) -> Stage:
        self.db.create_collection("c")
        return self

    def __exit__(self, *error: object) -> None:
        self.client.close()

    @property
    def numbers(self) -> Counter[int]:
        """Return how often each number was stored."""
        documents = self.server.database().collection("c").documents.values()
        return Counter(document["n"] for document in documents)

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Let no job run meanwhile."""
        self.server.faults.hold_queue()
        try:
            yield
        finally:
            self.server.faults.release_queue()

    @contextlib.contextmanager
    def program(self, text: str) -> Iterator[Program]:
        """Run a program that has `db`; nothing is left of it in the end."""
        program = Program(text, self.server.url)
        try:
            yield program
        finally:
            program.kill()


class Program:
    """Another process."""

    def __init__(self, text: str, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _HEAD + textwrap.dedent(text), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        self.output = ""
        self.errors = ""

    def line(self) -> str:
        """Return the next line that it prints."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, f"it has ended with {self.end()}: {self.errors}"
        return line.strip()

    def send(self, number: int) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    def end(self) -> int:
        """Wait for its end, which comes within 25 seconds; return its exit status."""
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self.output = self._process.stdout.read()
        self.errors = self._process.stderr.read()
        return self._process.wait()

    def kill(self) -> None:
        """Leave nothing of it."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        for stream in (self._process.stdout, self._process.stderr):
            assert stream is not None
            stream.close()


def until(condition: Callable[[], Any], seconds: float = 10.0) -> None:
    """Wait until `condition` holds; fail where it never does."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.001)


def ends(futures: Iterable[JobFuture[Any]], timeout: float = 15.0) -> Counter[str]:
    """Wait; return how many ended with a value, and how many with each error."""
    everything = list(futures)
    _, open_ones = wait(everything, timeout)
    assert not open_ones, open_ones
    return Counter(map(_end, everything))


def _end(future: JobFuture[Any]) -> str:
    if future.cancelled():
        return "cancelled"
    error = future.exception()
    return "value" if error is None else type(error).__name__


def inserts(jobs: JobManager, numbers: Iterable[int]) -> list[JobFuture[Any]]:
    """Hand in an insert for each number."""
    collection = jobs.collection("c")
    return [collection.insert({"n": n}) for n in numbers]
