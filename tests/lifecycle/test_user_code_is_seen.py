"""What code of the user's raises is seen, in a program that has set up no logging."""

from __future__ import annotations

import logging
import re
from textwrap import dedent
from typing import Any

import pytest
from life_support import Stage

from arango_jobs import JobFuture, logs, signals
from arango_jobs.local import Fault

SET_UP = """
    import contextlib, functools, requests
    from requests.adapters import HTTPAdapter
    from arango_jobs import signals
    from arango_jobs.local import Fault

    class Broke(Exception): pass

    def broken(name, kind=Broke):
        def function(*args, **kwargs): raise kind(f"{name} broke")
        return function

    def through(session):
        jobs = JobManager(ArangoClient(sys.argv[1], session=session).db(), deadline=0.3)
        wait([jobs.collection("c").get("a")], 10)
        jobs.shutdown()

    def adapter(**methods):
        session = requests.Session()
        session.mount("http://", type("Mounted", (HTTPAdapter,), methods)())
        return session
"""

HOOKS = {
    "callback": """
        with JobManager(db) as jobs:
            jobs.collection("c").get("a").add_done_callback(broken("callback"))
    """,
    "callback that exits": """
        with JobManager(db) as jobs:
            future = jobs.collection("c").get("a")
            future.add_done_callback(broken("callback that exits", SystemExit))
    """,
    "callback of an ended future": """
        with JobManager(db) as jobs:
            future = jobs.collection("c").get("a")
            wait([future])
            future.add_done_callback(broken("callback of an ended future"))
    """,
    "callback of a cancelled future": """
        with JobManager(db, max_jobs=1, merge=False) as jobs:
            futures = [jobs.collection("c").get("a") for _ in range(50)]
            futures[-1].add_done_callback(broken("callback of a cancelled future"))
            futures[-1].cancel()
    """,
    "partial": """
        with JobManager(db) as jobs:
            jobs.collection("c").get("a").add_done_callback(functools.partial(broken("partial"), 1))
    """,
    "callback whose name cannot be told": """
        class Nameless:
            __call__ = broken("callback whose name cannot be told")
            __getattribute__ = broken("name")
        with JobManager(db) as jobs:
            jobs.collection("c").get("a").add_done_callback(Nameless())
    """,
    "session's auth": """
        session = requests.Session()
        session.auth = broken("session's auth")
        through(session)
    """,
    "session's hook": """
        session = requests.Session()
        session.hooks["response"].append(broken("session's hook"))
        through(session)
    """,
    "hook that exits": """
        session = requests.Session()
        session.hooks["response"].append(broken("hook that exits", SystemExit))
        through(session)
    """,
    "raise_for_status": """
        session = requests.Session()
        session.hooks["response"].append(broken("raise_for_status", requests.HTTPError))
        through(session)
    """,
    "adapter's send": """
        through(adapter(send=broken("adapter's send")))
    """,
    "adapter's headers": """
        through(adapter(add_headers=broken("adapter's headers")))
    """,
}
"""Programs by what is raised in them, on a thread that is not the user's."""

_SENT = ("job_submitted", "job_succeeded", "job_failed", "job_cancelled", "window_changed",
         "saturated", "drained")  # fmt: skip
_RECEIVERS = """
    for name in {names!r}:
        signal = getattr(signals, name)
        signal.connect(broken(name), weak=False)
        signal.connect(lambda manager, wrong: None, weak=False)
    with JobManager(db, max_in_flight=5, max_jobs=2, merge=False) as jobs:
        futures = [jobs.collection("c").insert({{"n": n}}) for n in range(6)]
        futures[-1].cancel() or futures.append(jobs.collection("c").get("a"))
        with contextlib.suppress(Exception): jobs.aql.execute("NONSENSE").result()
"""


def test_every_way_in(stage: Stage) -> None:
    """Each is on standard error, with its traceback and where it was attached."""
    text = "".join(map(dedent, (SET_UP, *HOOKS.values())))
    with stage.program(text) as program:
        assert program.end() == 0, program.errors
    for name in HOOKS:
        assert re.search(
            rf"^\S*(?:Broke|SystemExit|HTTPError): {name} broke", program.errors, re.M
        ), name
    assert program.errors.count("Traceback (most recent call last)") >= len(HOOKS)
    assert "callback __main__.broken.<locals>.function raised" in program.errors
    assert f"code of the session raised for {stage.server.url}" in program.errors


def test_every_signal(stage: Stage) -> None:
    """A receiver that raises, and one that takes other parameters."""
    refusal = Fault("POST /_api/document/{collection}", "respond", status=503, error_num=21003)
    stage.server.faults.add(refusal)
    with stage.program(dedent(SET_UP) + dedent(_RECEIVERS.format(names=_SENT))) as program:
        assert program.end() == 0, program.errors
    assert {*_SENT, "job_lost"} == set(signals.signals)
    for name in _SENT:
        assert f"{name} broke" in program.errors
        assert f"receiver __main__.<lambda> of signal {name} raised" in program.errors
    assert "got an unexpected keyword argument 'record'" in program.errors


def test_nothing_else_is_said(stage: Stage) -> None:
    """The rest of the log stays silent until the application gives it a handler."""
    text = """
        from arango_jobs import logs
        logs.logger.critical("not this"), logs.logger.getChild("part").error("nor this")
        with JobManager(db) as jobs:
            jobs.collection("c").get("a").add_done_callback(lambda future: None)
    """
    with stage.program(text) as program:
        assert program.end() == 0
    assert program.errors == ""


class Kept(logging.Handler):
    """Keeps what it gets."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.mark.parametrize("name", ["", "arango_jobs", "arango_jobs.user_code", None])
def test_whoever_listens_gets_it_once(name: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Standard error only has it where no handler of the application's has."""
    last, mine = Kept(), Kept()
    monkeypatch.setattr(logging, "lastResort", last)
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    if name is not None:
        listening = logging.getLogger(name)
        monkeypatch.setattr(listening, "handlers", [*listening.handlers, mine])
    logs.user_code_logger.error("broke")
    assert (len(mine.records), len(last.records)) == ((0, 1) if name is None else (1, 0))


def test_a_level_or_a_filter_silences_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """As with any other logger."""
    last = Kept()
    monkeypatch.setattr(logging, "lastResort", last)
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    monkeypatch.setattr(logs.user_code_logger, "disabled", True)
    logs.user_code_logger.error("broke")
    assert last.records == []


@pytest.mark.parametrize(
    "raises",
    [ValueError, SystemExit, KeyboardInterrupt],
)
def test_callbacks_of_a_future_without_an_owner(raises: type[BaseException]) -> None:
    """One that raises keeps none of the others from being called."""
    called: list[Any] = []

    def broken(_future: object) -> None:
        called.append(1)
        raise raises

    future: JobFuture[int] = JobFuture()
    for callback in (broken, broken, called.append):
        future.add_done_callback(callback)
    if raises is ValueError:
        future.set_result(1)
    else:
        with pytest.raises(raises):
            future.set_result(1)
    assert called == [1, 1, future]
