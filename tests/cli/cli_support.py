"""Running the command in this process and in others."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from arango_jobs.cli import main

DATA = Path(__file__).parents[2] / "examples" / "data"
AIRPORTS = str(DATA / "airports.csv")
FLIGHTS = str(DATA / "flights-airport.csv")


@dataclass(frozen=True)
class Outcome:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[Any]:
        """Standard output as JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]


class Cli:
    """Runs commands in this process."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: str) -> Outcome:
        """Run one; nothing it prints is a traceback or an escape code."""
        self._capsys.readouterr()
        code = main(list(arguments))
        out, err = self._capsys.readouterr()
        assert "Traceback" not in err
        assert "\x1b" not in out + err
        return Outcome(code, out, err)


def start(*arguments: str, **environment: str) -> subprocess.Popen[str]:
    """Start the command as a process of its own."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("ARANGO_")}
    return subprocess.Popen(
        [sys.executable, "-m", "arango_jobs", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**clean, **environment},
    )


def end(process: subprocess.Popen[str], text: str | None = None) -> Outcome:
    """Wait for its end."""
    out, err = process.communicate(text, timeout=60)
    assert "Traceback" not in err
    assert not re.search("\x1b", out + err)
    return Outcome(process.returncode, out, err)


@contextmanager
def speaking(answer: bytes) -> Iterator[str]:
    """A host that says `answer` to everybody, and speaks no HTTP."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.recv(65536)
                connection.sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()
