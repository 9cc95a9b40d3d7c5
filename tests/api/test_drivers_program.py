"""A program written for python-arango's async execution runs after changing its imports.

The same text is run once with the names of each library, on the same server.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

import arango
import pytest

import arango_jobs
from arango_jobs.local import LocalServer

PROGRAM = """
import time

from LIBRARY import (
    AQLQueryExecuteError,
    ArangoClient,
    AsyncExecuteError,
    AsyncJobCancelError,
    AsyncJobClearError,
    AsyncJobListError,
    AsyncJobResultError,
    AsyncJobStatusError,
    DocumentInsertError,
)

seen = []
client = ArangoClient(hosts=url)
system = client.db("_system", username="root", password="")
if system.has_database(name):
    system.delete_database(name)
system.create_database(name)
db = client.db(name, username="root", password="")
db.create_collection("students")

async_db = db.begin_async_execution(return_result=True)
seen += [async_db.context, repr(async_db), async_db.db_name, async_db.username]
async_aql = async_db.aql
async_col = async_db.collection("students")
seen += [async_aql.context, async_col.context, async_col.name]


def wait(job):
    while job.status() != "done":
        time.sleep(0.01)
    return job


good = [async_col.insert({"_key": key}) for key in ("Neal", "Anna")]
bad = async_col.insert({"_key": "Neal"})
seen += [wait(job).result()["_key"] for job in good[:1]]
wait(bad)
try:
    bad.result()
except DocumentInsertError as error:
    seen += [error.http_code, error.error_code]
wait(good[1])
good[1].result()

query = wait(async_aql.execute("FOR s IN students SORT s._key RETURN s._key"))
seen += [type(query.id), list(query.result())]
syntax = wait(async_aql.execute("THIS IS NO QUERY"))
try:
    syntax.result()
except AQLQueryExecuteError as error:
    seen += [error.http_code, error.error_code, "syntax error" in error.message]

job = wait(async_aql.execute("RETURN 1"))
seen += [job.id in db.async_jobs(status="done", count=1000), job.status()]
job.result()
for call, failure in (
    (job.status, AsyncJobStatusError),
    (job.result, AsyncJobResultError),
    (job.cancel, AsyncJobCancelError),
    (job.clear, AsyncJobClearError),
):
    try:
        call()
    except failure as error:
        seen += [error.error_code, error.message.endswith("job " + job.id + " not found")]
seen += [job.cancel(ignore_missing=True), job.clear(ignore_missing=True)]

slow = async_aql.execute("RETURN SLEEP(30)")
try:
    slow.result()
except AsyncJobResultError as error:
    seen.append(error.message.endswith("job " + slow.id + " not done"))
seen += [slow.status(), slow.cancel()]
try:
    wait(slow).result()
except AQLQueryExecuteError as error:
    seen += [error.http_code, error.error_code]

kept = wait(async_aql.execute("RETURN 2"))
seen += [kept.clear(), kept.clear(ignore_missing=True)]
try:
    db.async_jobs(status="bad_status")
except AsyncJobListError as error:
    seen += [error.http_code, error.error_code]

old = wait(async_aql.execute("RETURN 3"))
seen += [db.clear_async_jobs(threshold=1), old.status()]
seen += [db.clear_async_jobs(), db.async_jobs(status="done")]

seen.append(db.begin_async_execution(return_result=False).aql.execute("RETURN 4"))
stranger = client.db(name, username="nobody", password="wrong").begin_async_execution()
try:
    stranger.aql.execute("RETURN 5")
except AsyncExecuteError as error:
    seen += [error.http_code, error.error_code]
client.close()
"""


def run(library: ModuleType, url: str) -> list[Any]:
    """Run the program with the names of `library` and return what it saw."""
    names: dict[str, Any] = {"url": url, "name": "school"}
    exec(PROGRAM.replace("LIBRARY", library.__name__), names)
    seen: list[Any] = names["seen"]
    return seen


@pytest.fixture
def url(server: LocalServer) -> str:
    """Return the embedded server's URL."""
    return str(server.url)


def test_the_program_sees_the_same_with_both_libraries(url: str) -> None:
    """Contexts, results, errors and messages are the driver's."""
    seen = run(arango_jobs, url)
    assert seen == run(arango, url)
    assert seen[:7] == ["async", "<AsyncDatabase school>", "school", "root", "async", "async",
                        "students"]  # fmt: skip
