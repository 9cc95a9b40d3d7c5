"""Worker threads: started at need, used again, given up after a while."""

from __future__ import annotations

import threading

from arango_jobs._net.crew import Crew


def gather(crew: Crew[int, int], count: int) -> list[int]:
    results: list[int] = []
    while len(results) < count:
        assert crew.news.wait(10)
        crew.news.clear()
        results += crew.take()
    return results


def test_idle_thread_is_used_again() -> None:
    """One item after the other needs one thread."""
    crew: Crew[int, int] = Crew(lambda item: [item], size=8, name="crew")
    before = threading.active_count()
    for item in range(5):
        crew.give(item)
        assert gather(crew, 1) == [item]
    assert threading.active_count() == before + 1
    assert crew.stop(10) == ([], [])


def test_no_more_threads_than_allowed() -> None:
    """Items beyond the threads wait, and all are done."""
    crew: Crew[int, int] = Crew(lambda item: [item], size=2, name="crew")
    before = threading.active_count()
    for item in range(100):
        crew.give(item)
    assert threading.active_count() <= before + 2
    assert sorted(gather(crew, 100)) == list(range(100))
    assert crew.stop(10) == ([], [])


def test_thread_that_does_not_end() -> None:
    """What a thread ends after it was given up is thrown away."""
    gate, begun = threading.Event(), threading.Event()

    def work(item: int) -> list[int]:
        begun.set()
        gate.wait(10)
        return [item]

    crew: Crew[int, int] = Crew(work, size=1, name="crew")
    crew.give(1)
    crew.give(2)
    assert begun.wait(10)
    threads = [thread for thread in threading.enumerate() if thread.name.startswith("crew")]
    assert crew.stop(0) == ([2], [1])
    gate.set()
    for thread in threads:
        thread.join(10)
    assert crew.take() == []
