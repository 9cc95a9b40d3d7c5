"""The end of the interpreter with operations outstanding."""

from __future__ import annotations

from life_support import Stage, until


def test_what_is_outstanding_at_exit_is_waited_for(stage: Stage) -> None:
    """And a warning says how many there are."""
    text = """
        jobs = JobManager(db)
        futures = [jobs.collection("c").insert({"n": n}) for n in range(100)]
        results = []
        futures[0].add_done_callback(lambda future: print("called", future.result()["_id"][:2]))
        print("submitted")
    """
    with stage.held(), stage.program(text) as program:
        assert program.line() == "submitted"
        until(lambda: stage.server.jobs())
        stage.server.faults.release_queue()
        assert program.end() == 0
        assert "100 operations are outstanding at exit" in program.errors
        assert program.output == "called c/\n"
    assert stage.numbers == dict.fromkeys(range(100), 1)
    assert stage.server.jobs() == []


def test_the_wait_at_exit_is_bounded(stage: Stage) -> None:
    """What has not ended by then is said to be lost, and deleted on the server."""
    text = """
        from arango_jobs._runtime import desk
        desk._EXIT_PATIENCE = 0.3
        jobs = JobManager(db, merge=False)
        futures = [jobs.collection("c").insert({"n": n}) for n in range(10)]
        futures[0].add_done_callback(lambda future: print(type(future.exception()).__name__))
        while not all(future.job_id for future in futures): time.sleep(0.01)
    """
    with stage.held(), stage.program(text) as program:
        assert program.end() == 0
        assert "10 operations are outstanding at exit" in program.errors
        assert "10 operations had not ended by then" in program.errors
        assert program.output == "ManagerClosedError\n"
        assert stage.server.jobs() == []


def test_nothing_is_outstanding(stage: Stage) -> None:
    """Then the end is quick and quiet, with and without `shutdown`."""
    text = """
        jobs = JobManager(db)
        jobs.collection("c").insert({"n": 1}).result()
        idle = JobManager(db)
        with JobManager(db) as closed:
            closed.collection("c").insert({"n": 2})
        began = time.monotonic()
        import atexit
        atexit.register(lambda: print(time.monotonic() - began < 1))
    """
    with stage.program(text) as program:
        assert program.end() == 0
        assert (program.output, program.errors) == ("True\n", "")
    assert stage.numbers == {1: 1, 2: 1}


def test_the_server_is_gone_at_exit(stage: Stage) -> None:
    """The end comes all the same."""
    text = """
        from arango_jobs._runtime import desk
        desk._EXIT_PATIENCE = 0.3
        jobs = JobManager(db, merge=False)
        jobs.collection("c").insert({"n": 1}).result()
        print("ready"); sys.stdin.readline()
        jobs.collection("c").insert({"n": 2})
    """
    with stage.program(text) as program:
        assert program.line() == "ready"
        stage.server.kill()
        assert program.end() == 0
        assert "1 operations are outstanding" in program.errors
