"""Loads that are interrupted or killed, as processes of their own."""

from __future__ import annotations

import random
import signal
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cli_support import end, start

from arango_jobs import ArangoClient
from arango_jobs.local import LocalServer

SUBMIT = "POST /_api/document/{collection}"
ROWS = 6000


@pytest.fixture
def slow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalServer]:
    """A server that takes 10 ms for each chunk and has one worker; a file of rows beside it."""
    monkeypatch.chdir(tmp_path)
    rows = "".join(f'{{"n":{n}}}\n' for n in range(ROWS))
    Path("rows.jsonl").write_text(rows + '{"n":"bad","_key":"no key"}\n')
    with LocalServer(service_time=0.01, workers=1) as server:
        yield server


def load(server: LocalServer, *options: str) -> subprocess.Popen[str]:
    return start(
        *("load", "rows.jsonl", "-c", "c", "--url", server.url),
        *("--chunk-rows", "50", "--checkpoint", "check", *options),
    )


def wait_for_chunks(server: LocalServer, process: subprocess.Popen[str], count: int) -> None:
    """Wait until the server has been sent so many more chunks."""
    before, tick = server.stats[SUBMIT], threading.Event()
    while server.stats[SUBMIT] < before + count and process.poll() is None:
        tick.wait(0.002)


def stored(server: LocalServer) -> Counter[Any]:
    with ArangoClient(hosts=server.url) as client:
        return Counter(client.db().aql.execute("FOR d IN c RETURN d.n"))


def test_killed_at_random_moments(slow: LocalServer) -> None:
    """However often it is killed, in the end every row is stored once and the bad one told."""
    moments = random.Random(7)
    killed = 0
    for _ in range(6):
        process = load(slow)
        wait_for_chunks(slow, process, moments.randint(1, 25))
        process.kill()
        killed += process.wait() == -signal.SIGKILL
        process.communicate()
    done = end(load(slow))
    assert killed == 6
    assert stored(slow) == Counter(range(ROWS))
    assert done.code == 1
    assert f"c: {ROWS:,} documents" in done.out
    assert "1 errors" in done.out
    assert len(Path("rows.jsonl.failed.jsonl").read_text().splitlines()) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_once(slow: LocalServer, number: signal.Signals) -> None:
    """What is on its way is waited for and confirmed, and it is said how to go on."""
    process = load(slow)
    wait_for_chunks(slow, process, 5)
    process.send_signal(number)
    done = end(process)
    assert done.code == 130
    confirmed = int(done.out.split()[1].replace(",", ""))
    assert 0 < confirmed < ROWS
    assert stored(slow).total() == confirmed
    assert "stopping: waiting for what is on its way (again to leave at once)" in done.err
    assert "the same command with --checkpoint check goes on" in done.err
    sent = slow.stats[SUBMIT]
    assert f"({confirmed:,} of them by earlier runs)" in end(load(slow)).out
    # The last chunk of the first run may have been a short one.
    assert slow.stats[SUBMIT] - sent <= (ROWS - confirmed) // 50 + 2
    assert stored(slow) == Counter(range(ROWS))


def test_interrupted_twice(slow: LocalServer) -> None:
    """It leaves at once, and can be resumed."""
    process = load(slow)
    wait_for_chunks(slow, process, 5)
    slow.faults.hold_queue()
    process.send_signal(signal.SIGINT)
    assert process.stderr is not None
    assert "stopping" in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    done = end(process)
    assert done.code == 130
    assert "left at once; a checkpoint, if there is one, can be resumed" in done.err
    slow.faults.release_queue()
    assert end(load(slow)).code == 1
    assert stored(slow) == Counter(range(ROWS))


def test_interrupted_while_it_waits_for_its_input(slow: LocalServer) -> None:
    """A pipe that nobody writes to is no reason to hang."""
    process = start("load", "-", "-c", "c", "--url", slow.url, "--format", "jsonl")
    assert process.stdin is not None
    process.stdin.write('{"n":1}\n' * 2000)
    process.stdin.flush()
    wait_for_chunks(slow, process, 1)
    process.send_signal(signal.SIGINT)
    done = end(process, "")
    assert done.code == 130
    assert "--skip" in done.err


def test_the_reader_of_the_output_leaves(slow: LocalServer) -> None:
    """A broken pipe is no traceback."""
    with start("query", "FOR i IN 1..200000 RETURN i", "--url", slow.url) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "1\n"
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == ""
    assert process.returncode == 1


def test_a_server_that_dies_in_the_middle(slow: LocalServer) -> None:
    """The load stops with one line, and goes on when the server is back."""
    process = load(slow, "--patience", "0.3")
    wait_for_chunks(slow, process, 5)
    slow.kill()
    done = end(process)
    assert done.code == 1
    assert "the same command with --checkpoint check goes on" in done.err
    assert "the load stopped: " in done.err
    slow.restart()
    assert end(load(slow)).code == 1
    assert stored(slow) == Counter(range(ROWS))
