"""gevent that patches the standard library after this library was imported."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from life_support import ROOT, Stage

PATCHED = {"_thread", "threading", "time", "socket", "select", "selectors", "queue", "ssl",
           "subprocess", "signal"}  # fmt: skip
"""Modules of which gevent and eventlet replace names."""

_HEAD = """
import sys, time, warnings
warnings.simplefilter("ignore")
def patch():
    from gevent import monkey
    monkey.patch_all()
if {first!r} == "patch": patch()
import concurrent.futures, requests, tempfile
from arango_jobs import *
from arango_jobs import signals
from arango_jobs.local import LocalServer
made_before = JobManager(ArangoClient(sys.argv[1]).db())
if {first!r} == "import": patch()
import gevent
ticks = []
def tick():
    while True:
        gevent.sleep(0.01)
        ticks.append(1)
gevent.spawn(tick)
def goes_on(what, call):
    before = len(ticks)
    with gevent.Timeout(8):
        result = call()
    assert len(ticks) - before >= 6, (what, len(ticks) - before)
    return result
"""

_WAITS = """
client = ArangoClient(sys.argv[1])
db = client.db()
SLOW = "RETURN SLEEP(0.2)"
with JobManager(db, max_in_flight=20, shutdown_timeout=5) as jobs:
    aql, insert = jobs.aql.execute, jobs.collection("c").insert
    goes_on("result", lambda: aql(SLOW).result(timeout=5))
    goes_on("exception", lambda: aql(SLOW).exception(timeout=5))
    goes_on("wait", lambda: concurrent.futures.wait([aql(SLOW) for _ in range(3)], 5))
    goes_on("as_completed", lambda: list(concurrent.futures.as_completed([aql(SLOW)], 5)))
    goes_on("map", lambda: list(jobs.map(aql, [SLOW])))
    goes_on("cancel", lambda: (aql("RETURN SLEEP(9)"), gevent.sleep(0.3))[0].cancel_on_server(5))
    goes_on("room", lambda: [aql(SLOW) for _ in range(25)])
    called, heard = [], []
    hear = lambda manager, record: heard.append(record)
    with signals.job_succeeded.connected_to(hear, sender=jobs):
        future = goes_on("callback", lambda: (aql(SLOW), gevent.sleep(0.3))[0])
        future.add_done_callback(called.append)
        future.result(timeout=5)
        while not called or not heard: gevent.sleep(0.01)
    futures = [insert({"n": n}) for n in range(500)]
    assert all(future.result(timeout=5) for future in futures)
    aql(SLOW)
    gevent.sleep(0.1)
    before = len(ticks)
assert len(ticks) - before >= 5, "the end of the block"

session = requests.Session()
session.hooks["response"].append(lambda response, *_, **__: response)
own = ArangoClient(sys.argv[1], session=session).db()
with JobManager(own) as jobs:
    goes_on("session", lambda: jobs.aql.execute(SLOW).result(timeout=5))
goes_on("direct", lambda: db.aql.execute(SLOW))

with tempfile.TemporaryDirectory() as directory, JobManager(db, ledger=directory + "/l") as jobs:
    goes_on("ledger", lambda: jobs.aql.execute(SLOW).result(timeout=5))

with LocalServer() as server, JobManager(ArangoClient(server.url).db()) as jobs:
    goes_on("embedded server", lambda: jobs.aql.execute(SLOW).result(timeout=8))
print("done")
"""

_MADE_BEFORE = """
began = time.monotonic()
try:
    with made_before as jobs:
        jobs.aql.execute("RETURN 1").result(timeout=5)
except UnsupportedInContextError as error:
    print(error)
assert time.monotonic() - began < 1
try:
    made_before.shutdown(timeout=1)
finally:
    print("closed")
"""


_LEFT = {"monotonic", "perf_counter", "time"}
"""Of `time`, only `sleep` is replaced."""
_TYPES = {"TypeAlias"}


def run(stage: Stage, first: str, text: str) -> str:
    """Return what a program prints."""
    done = subprocess.run(
        [sys.executable, "-c", _HEAD.format(first=first) + text, stage.server.url],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("first", ["patch", "import"])
def test_every_wait_lets_other_greenlets_run(stage: Stage, first: str) -> None:
    """Whichever comes first."""
    assert run(stage, first, _WAITS) == "done\n"


def test_a_manager_that_was_made_before(stage: Stage) -> None:
    """It says so at once, and can be closed."""
    told, closed = run(stage, "import", _MADE_BEFORE).splitlines()
    assert "call monkey.patch_all() first and make the manager after it" in told
    assert closed == "closed"


FILES = sorted((ROOT / "arango_jobs").rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_that_may_be_replaced_is_bound_at_import(path: Path) -> None:
    """Names are looked up in their modules when they are used."""
    assert list(_bound(ast.parse(path.read_text()))) == []


def _bound(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module in PATCHED and not node.level:
            yield f"line {node.lineno}: from {node.module} import"
    for node in _at_import(tree.body):
        if _is_patched(node):
            yield f"line {node.lineno}: {ast.unparse(node)}"


def _at_import(body: list[ast.stmt]) -> Iterator[ast.Attribute]:
    """Give the attributes that are kept, rather than called, when the module is imported."""
    for statement in body:
        if isinstance(statement, ast.ClassDef):
            yield from (base for base in statement.bases if isinstance(base, ast.Attribute))
            yield from _at_import(statement.body)
        elif isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
            for default in (*statement.args.defaults, *statement.args.kw_defaults):
                if isinstance(default, ast.Attribute):
                    yield default
        elif isinstance(statement, ast.AnnAssign) and ast.unparse(statement.annotation) in _TYPES:
            continue
        elif isinstance(statement, (ast.Assign, ast.AnnAssign)) and statement.value is not None:
            yield from _kept(statement.value)


def _kept(value: ast.expr) -> Iterator[ast.Attribute]:
    """Give the attributes in an expression that are neither called nor inside a lambda."""
    if isinstance(value, ast.Lambda):
        return
    if isinstance(value, ast.Attribute):
        yield value
        return
    children: list[ast.AST] = list(ast.iter_child_nodes(value))
    if isinstance(value, ast.Call):
        children.remove(value.func)
    for child in children:
        if isinstance(child, ast.keyword):
            child = child.value
        if isinstance(child, ast.expr):
            yield from _kept(child)


def _is_patched(node: ast.Attribute) -> bool:
    """Return whether it is a function or class that is replaced: no constant, and no exception."""
    module, name = node.value, node.attr
    if not isinstance(module, ast.Name) or module.id not in PATCHED:
        return False
    return not name.isupper() and not name.endswith("Error") and name not in _LEFT
