"""What becomes of a manager when its process, its thread of control or its owner ends."""

from __future__ import annotations

import asyncio
import gc
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from arango_jobs import ArangoClient, JobManager, StandardDatabase
from arango_jobs.local import LocalServer

pytestmark = pytest.mark.local_only

BEGIN = """
import logging, sys, time
from arango_jobs import ArangoClient, JobManager, ManagerDiedError
from arango_jobs._runtime import desk
logging.basicConfig(format="%(levelname)s %(message)s")
db = ArangoClient(sys.argv[1]).db()
"""


@pytest.fixture
def server() -> Iterator[LocalServer]:
    with LocalServer() as server:
        yield server


@pytest.fixture
def db(server: LocalServer) -> Iterator[StandardDatabase[Any]]:
    with ArangoClient(server.urls) as client:
        yield client.db()


def run(server: LocalServer, program: str) -> subprocess.CompletedProcess[str]:
    """Run a program in a process of its own, until it ends by itself."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", BEGIN + program, server.url],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_what_is_outstanding_at_exit_is_waited_for(server: LocalServer) -> None:
    """Its callbacks still run, and the log says why the process has not ended yet."""
    done = run(
        server,
        """
jobs = JobManager(db)
future = jobs.aql.execute("RETURN SLEEP(0.3)")
future.add_done_callback(lambda future: print("ended with", future.result().next()))
""",
    )
    assert (done.returncode, done.stdout) == (0, "ended with None\n")
    assert "WARNING JobManager-1: 1 operations are outstanding at exit" in done.stderr


def test_but_not_for_ever(server: LocalServer) -> None:
    """The rest ends with an error, and nothing of it is left on the server."""
    done = run(
        server,
        """
desk._EXIT_PATIENCE = 0.3
jobs = JobManager(db)
future = jobs.aql.execute("RETURN SLEEP(50)")
future.add_done_callback(lambda future: print(future.exception()))
while future.job_id is None:
    pass
""",
    )
    assert done.returncode == 0
    assert done.stdout == "JobManager-1 was shut down; it had not ended within 0.3 s\n"
    assert server.jobs() == []


def test_an_idle_manager_holds_nobody_up(server: LocalServer) -> None:
    """There is nothing to wait for and nothing to say."""
    done = run(
        server, "jobs = JobManager(db)\nprint(jobs.aql.execute('RETURN 1').result(9).next())"
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "1\n", "")


def test_a_forked_child_starts_afresh(server: LocalServer) -> None:
    """It can go on with the manager; what was open is the parent's, and ends there."""
    done = run(
        server,
        """
import os, warnings
warnings.simplefilter("ignore", DeprecationWarning)    # newer Pythons warn of fork with threads
jobs = JobManager(db)
future = jobs.aql.execute("RETURN SLEEP(0.5)")
while future.job_id is None:
    pass
child = os.fork()
if not child:
    assert isinstance(future.exception(0), ManagerDiedError), future
    assert jobs.aql.execute("RETURN 7").result(20).next() == 7
    jobs.shutdown()
    os._exit(9)
assert future.result(20).next() is None
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
jobs.shutdown()
print("both")
""",
    )
    assert (done.returncode, done.stdout) == (0, "both\n"), done.stderr


def test_ctrl_c_in_a_with_block(server: LocalServer) -> None:
    """What has not been sent is cancelled, what was sent is waited for, and the block is left."""
    done = run(
        server,
        f"""
import os
try:
    with JobManager(db, max_jobs=1) as jobs:
        sent = jobs.aql.execute("RETURN SLEEP(0.3)")
        waiting = jobs.aql.execute("RETURN 1")
        while sent.job_id is None:
            pass
        os.kill(os.getpid(), {int(signal.SIGINT)})
        time.sleep(30)
except KeyboardInterrupt:
    print(sent.result(0).next(), waiting.cancelled())
""",
    )
    assert (done.returncode, done.stdout) == (0, "None True\n"), done.stderr


def test_a_manager_that_nobody_holds(db: StandardDatabase[Any]) -> None:
    """Its futures still end."""
    future = JobManager(db).aql.execute("RETURN SLEEP(0.2)")
    gc.collect()
    assert future.result(timeout=20).next() is None


def test_cancelling_a_task_before_its_operation_is_sent(db: StandardDatabase[Any]) -> None:
    """Cancels the operation too, unless the task shields it."""

    async def main() -> None:
        async with JobManager(db, max_jobs=1) as jobs:
            running = jobs.aql.execute("RETURN SLEEP(0.4)")
            while not running.running():
                await asyncio.sleep(0.01)
            dropped, kept = jobs.aql.execute("RETURN 1"), jobs.aql.execute("RETURN 2")

            async def wait_for(future: Any) -> Any:
                return await future

            tasks = [
                asyncio.create_task(wait_for(dropped)),
                asyncio.create_task(wait_for(asyncio.shield(asyncio.wrap_future(kept)))),
            ]
            await asyncio.sleep(0)
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            assert dropped.cancelled()
            assert (await kept).next() == 2

    asyncio.run(main())


def test_a_task_that_is_cancelled_while_it_waits_for_room(db: StandardDatabase[Any]) -> None:
    """It has submitted nothing, and takes no room."""

    async def main() -> int:
        async with JobManager(db, max_in_flight=1) as jobs:
            running = await jobs.asubmit(db.aql.execute, "RETURN SLEEP(0.3)")
            waiting = asyncio.create_task(jobs.asubmit(db.aql.execute, "RETURN 1"))
            await asyncio.sleep(0.05)
            waiting.cancel()
            await asyncio.wait([waiting])
            await running
        return jobs.stats().succeeded

    assert asyncio.run(main()) == 1
