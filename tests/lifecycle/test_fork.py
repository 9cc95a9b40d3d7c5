"""A process that forks while a manager works."""

from __future__ import annotations

import os

import pytest
from life_support import Stage, until

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")

IN_CHILD = """
        import warnings
        # Python 3.12 warns of every fork with threads; here that is what is looked at.
        warnings.simplefilter("ignore", DeprecationWarning)
        def in_child(work):
            sys.stdout.flush()
            child = os.fork()
            if not child:
                code = 1
                try:
                    work()
                    code = 0
                finally:
                    sys.stdout.flush()
                    os._exit(code)
            _, status = os.waitpid(child, 0)
            print("child", os.waitstatus_to_exitcode(status))
"""


def test_futures_of_the_parent_end_in_the_child(stage: Stage) -> None:
    """With an error that says so, however they are waited for; the parent keeps them."""
    text = (
        IN_CHILD
        + """
        jobs = JobManager(db)
        futures = [jobs.collection("c").insert({"n": n}) for n in range(50)]
        def work():
            done, open_ones = wait(futures, timeout=5)
            print(len(open_ones), {type(f.exception()).__name__ for f in done})
            print(str(futures[0].exception()))
        in_child(work)
        print("forked")
        print({type(future.exception()).__name__ for future in futures})
        jobs.shutdown()
    """
    )
    with stage.held(), stage.program(text) as program:
        assert program.line() == "0 {'ManagerDiedError'}"
        assert "belongs to the parent process" in program.line()
        assert [program.line(), program.line()] == ["child 0", "forked"]
        stage.server.faults.release_queue()
        assert program.end() == 0
        assert program.output == "{'NoneType'}\n"
    assert stage.numbers == dict.fromkeys(range(50), 1)
    assert stage.server.jobs() == []


def test_the_child_can_go_on_with_the_manager(stage: Stage) -> None:
    """It has connections, threads and keys of its own."""
    text = (
        IN_CHILD
        + """
        jobs = JobManager(db, client_keys=True, max_in_flight=20)
        collection = jobs.collection("c")
        first = [collection.insert({"n": n}) for n in range(20)]
        def work():
            futures = [collection.insert({"n": 100 + n}) for n in range(100)]
            wait(futures)
            print({type(future.exception()).__name__ for future in futures})
            jobs.shutdown()
        in_child(work)
        futures = first + [collection.insert({"n": 20 + n}) for n in range(80)]
        wait(futures)
        print({type(future.exception()).__name__ for future in futures})
        jobs.shutdown()
    """
    )
    with stage.program(text) as program:
        assert program.end() == 0, program.errors
        assert program.output == "{'NoneType'}\nchild 0\n{'NoneType'}\n"
    assert stage.numbers == dict.fromkeys(range(200), 1)
    assert stage.server.jobs() == []


def test_forks_at_any_moment_of_a_load(stage: Stage) -> None:
    """No future of the parent's is open in a child, wherever the poller was."""
    text = (
        IN_CHILD
        + """
        jobs = JobManager(db)
        collection = jobs.collection("c")
        futures = []
        # The longer the poller has a future in hand, the more forks find it there.
        engine = jobs._desk.poller.engine
        add = engine.add
        engine.add = lambda *arguments: (time.sleep(0.0002), add(*arguments))
        def work():
            done, open_ones = wait(futures, timeout=5)
            if open_ones:
                print("open in the child:", len(open_ones))
        for round in range(15):
            futures = [collection.insert({"n": 0}) for n in range(300)]
            time.sleep(0.001 * round)
            in_child(work)
            assert not wait(futures, timeout=10).not_done
        jobs.shutdown()
    """
    )
    with stage.program(text) as program:
        assert program.end() == 0, program.errors
        assert program.output == "child 0\n" * 15
    assert stage.numbers == {0: 4500}


def test_a_closed_manager_stays_closed_in_the_child(stage: Stage) -> None:
    """And nothing is done at the end of a child that used none."""
    text = (
        IN_CHILD
        + """
        jobs = JobManager(db)
        jobs.collection("c").insert({"n": 1}).result()
        jobs.shutdown()
        other = JobManager(db)
        def work():
            try:
                jobs.collection("c").insert({"n": 2})
            except ManagerClosedError:
                print("closed")
        in_child(work)
    """
    )
    with stage.program(text) as program:
        assert program.end() == 0
        assert (program.output, program.errors) == ("closed\nchild 0\n", "")
    until(lambda: stage.numbers == {1: 1})
