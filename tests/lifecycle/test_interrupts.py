"""Ctrl-C while something is waited for."""

from __future__ import annotations

import signal

import pytest
from life_support import Stage

WAITS = {
    "wait": "wait(futures)",
    "result": "futures[0].result()",
    "manager's wait": "jobs.wait(futures, progress=False)",
    "submission": "jobs.collection('c').insert({'n': 100})",
    "shutdown": "jobs.shutdown()",
    "map": "list(jobs.map(jobs.collection('c').insert, [{'n': 7}, {'n': 8}]))",
}


@pytest.mark.parametrize("name", WAITS)
def test_ctrl_c_ends_a_wait(stage: Stage, name: str) -> None:
    """At once; the manager goes on, and nothing of it is lost."""
    text = f"""
        jobs = JobManager(db, max_in_flight=10)
        futures = [jobs.collection("c").insert({{"n": n}}) for n in range(10)]
        try:
            print("ready")
            {WAITS[name]}
        except KeyboardInterrupt:
            print("interrupted")
        print(sys.stdin.readline() or "go on")
        done, open_ones = wait(futures)
        print(len(open_ones), sum(future.exception() is None for future in done))
        if {name!r} != "shutdown":
            print(jobs.collection("c").insert({{"n": 99}}).result()["_id"][:2])
        jobs.shutdown()
        print(jobs.stats().in_flight, threading.active_count())
    """
    with stage.held(), stage.program(text) as program:
        assert program.line() == "ready"
        program.send(signal.SIGINT)
        assert program.line() == "interrupted"
        stage.server.faults.release_queue()
        assert program.end() == 0
        assert program.errors == ""
        lines = program.output.split("\n")
        assert lines[1] == "0 10"
        # The thread of faulthandler is no Python thread.
        assert lines[-2] == "0 1"
    assert all(count == 1 for count in stage.numbers.values())


def test_ctrl_c_in_a_with_block(stage: Stage) -> None:
    """What was sent is given a moment, the rest is cancelled; a second one ends the waiting."""
    text = """
        from arango_jobs._runtime import desk
        desk._EXIT_PATIENCE = 0.2
        def ready():
            while not all(future._condition.waiters for future in futures): time.sleep(0.01)
            print("ready")
        def tell():
            while sum(future.cancelled() for future in futures) < 8: time.sleep(0.01)
            print("in shutdown")
        try:
            with JobManager(db, max_jobs=2, merge=False) as jobs:
                futures = [jobs.collection("c").insert({"n": n}) for n in range(10)]
                while sum(future.job_id is not None for future in futures) < 2: time.sleep(0.01)
                try:
                    threading.Thread(target=ready).start()
                    wait(futures)
                except KeyboardInterrupt:
                    print("first")
                    threading.Thread(target=tell).start()
                    raise
        except KeyboardInterrupt:
            print("second", sum(future.cancelled() for future in futures))
    """
    with stage.held(), stage.program(text) as program:
        assert program.line() == "ready"
        program.send(signal.SIGINT)
        assert program.line() == "first"
        assert program.line() == "in shutdown"
        program.send(signal.SIGINT)
        assert program.line() == "second 8"
        assert program.end() == 0
        assert stage.server.jobs() == []
    assert stage.numbers.total() <= 2


def test_ctrl_c_at_any_moment_of_a_load(stage: Stage) -> None:
    """Whenever it strikes in a loop of submissions, no permit is lost."""
    text = """
        jobs = JobManager(db, max_in_flight=50)
        collection = jobs.collection("c")
        main = threading.main_thread().ident
        stop = threading.Event()
        begun = threading.Event()
        def tease():
            begun.wait()
            while not stop.wait(0.003):
                signal.pthread_kill(main, signal.SIGINT)
        thread = threading.Thread(target=tease)
        interrupts = 0
        futures = []
        thread.start()
        end = time.monotonic() + 1.5
        while True:
            try:
                begun.set()
                while time.monotonic() < end:
                    futures.append(collection.insert({"n": len(futures)}))
                break
            except KeyboardInterrupt:
                interrupts += 1
        while True:
            try:
                stop.set(); thread.join(); break
            except KeyboardInterrupt:
                pass
        done, open_ones = wait(futures, timeout=10)
        jobs.shutdown(timeout=10)
        print(interrupts > 20, len(open_ones), jobs.stats().in_flight)
    """
    with stage.program(text) as program:
        assert program.end() == 0, program.errors
        assert program.output == "True 0 0\n"
        assert program.errors == ""
    assert stage.server.jobs() == []
