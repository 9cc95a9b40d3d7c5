"""What a program sets for its whole process does not break the server in it."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from arango_jobs import ArangoClient
from arango_jobs.local import LocalServer

LEVELS = (0, 1, 4, 5, 6, 10, 50)


class FailingHandler(logging.Handler):
    """A handler that cannot write."""

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.startswith("uvicorn"):
            raise OSError("no space left")


@contextmanager
def logging_at(name: str, level: int, handler: logging.Handler) -> Iterator[None]:
    logger = logging.getLogger(name)
    before = logger.level
    logger.setLevel(level)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.setLevel(before)
        logger.removeHandler(handler)


def use_a_server() -> None:
    with LocalServer() as server, ArangoClient(hosts=server.url) as client:
        db = client.db("_system", username="root", password="")
        collection = db.create_collection("c")
        collection.insert({"_key": "a"})
        server.restart()
        assert collection.get("a") is not None


@pytest.mark.parametrize("handler", [logging.NullHandler, FailingHandler])
@pytest.mark.parametrize("level", LEVELS)
def test_any_level_of_the_root_logger(level, handler):
    """NOTSET, as Rich advises, and below every level that a library has invented."""
    with logging_at("", level, handler()):
        use_a_server()


@pytest.mark.parametrize("name", ["uvicorn", "uvicorn.error", "uvicorn.asgi"])
def test_tracing_of_the_programs_own_server(name):
    """The program may serve with uvicorn itself, and trace that."""
    with logging_at(name, 5, FailingHandler()):
        use_a_server()


STRICT = ["-X", "dev", "-W", "error", "-b", "-b"]
SETTINGS = """
import asyncio, gc, logging, socket, sys, threading
logging.basicConfig(level=logging.NOTSET, handlers=[logging.NullHandler()])
asyncio.set_event_loop_policy(asyncio.DefaultEventLoopPolicy()) if sys.version_info < (3, 14) else 0
socket.setdefaulttimeout(0.05)
sys.setswitchinterval(0.5)
threading.stack_size(1 << 18)
gc.disable()
sys.path.insert(0, {here!r})
from test_local_process import use_a_server
use_a_server()
print("served")
"""


def test_strict_interpreter_with_everything_set():
    """Warnings are errors, asyncio debugs, bytes are not compared with text."""
    program = SETTINGS.format(here=str(__file__).rpartition("/")[0])
    done = subprocess.run(
        [sys.executable, *STRICT, "-c", program], capture_output=True, text=True, timeout=60
    )
    assert (done.stdout, done.stderr) == ("served\n", "")
