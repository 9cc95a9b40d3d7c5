"""One job, one call at a time: the header rule, lost results, and who is asked."""

from __future__ import annotations

from typing import Any

import pytest
import requests
import urllib3.exceptions as urllib3_errors
from api_support import HOST, Answer, Answers, client_for, error

from arango_jobs import (
    ArangoClient,
    AsyncExecuteError,
    AsyncJob,
    AsyncJobCancelError,
    AsyncJobClearError,
    AsyncJobResultError,
    AsyncJobStatusError,
    DocumentCountError,
    DocumentDeleteError,
    DocumentInsertError,
    HostUnreachableError,
    JobLostError,
    StandardDatabase,
)

PATH = "/_db/test/_api/job/7"
MINE = {"X-Arango-Async-Id": "7"}
LOST = requests.ConnectionError(urllib3_errors.ProtocolError("x", ConnectionResetError()))
REFUSED = requests.ConnectionError(urllib3_errors.NewConnectionError(None, "refused"))  # type: ignore[arg-type]


@pytest.fixture
def job(db: StandardDatabase, answers: Answers) -> AsyncJob[Any]:
    """Return job 7, which inserts a document."""
    answers(Answer(status=202, headers=MINE))
    return db.begin_async_execution()["c"].insert({"_key": "a"})


def test_what_a_job_knows(job: AsyncJob[Any]) -> None:
    """Its id, what it does and the Coordinator that took it."""
    assert (job.id, repr(job), job.host) == ("7", "<AsyncJob 7>", 0)
    assert job.operation.kind.name == "document.insert"


def test_status(job: AsyncJob[Any], answers: Answers) -> None:
    """204 is pending, 200 is done."""
    answers(Answer(status=204), Answer())
    assert [job.status(), job.status()] == ["pending", "done"]
    assert (answers.last.method, answers.last.target) == ("GET", PATH)


ORIGINAL = [
    error(404, 404),
    error(404, 1203),
    error(410, 21),
    error(401, 11),
    error(503, 21003),
    error(503, 503),
    error(409, 1210),
]


@pytest.mark.parametrize("answer", ORIGINAL)
def test_with_the_header_it_is_the_operations_own_answer(
    answer: Answer, job: AsyncJob[Any], answers: Answers
) -> None:
    """Whatever the status: it is the operation's error, by way of the fetch; the job is gone."""
    answers(Answer(answer.body, answer.status, MINE))
    with pytest.raises(DocumentInsertError) as caught:
        job.result()
    assert (caught.value.http_code, caught.value.http_method) == (answer.status, "put")
    assert len(answers.asked) == 2


def test_an_original_204(db: StandardDatabase, answers: Answers) -> None:
    """With the header it is a result, though an empty one."""
    answers(Answer(status=202, headers=MINE), Answer(status=204, headers=MINE))
    assert db.begin_async_execution()["c"].truncate().result() is True


def test_a_stored_401_renews_no_token(client: ArangoClient, answers: Answers) -> None:
    """The result is there and must not be fetched again with another token."""
    db = client.db("test", auth_method="jwt")
    answers(Answer({"jwt": "a.e30.b"}), Answer(status=202, headers=MINE))
    job = db.begin_async_execution()["c"].count()
    answers(Answer(error(401, 11).body, 401, MINE))
    with pytest.raises(DocumentCountError):
        job.result()
    assert len(answers.asked) == 3


WITHOUT: list[tuple[Answer, str]] = [
    (Answer(status=204), "job 7 not done"),
    (error(404, 404), "job 7 not found"),
    (error(404, 1228, "database not found"), "database not found"),
    (error(401, 11, "not authorized"), "not authorized"),
    (error(400, 400, "bad parameter"), "bad parameter"),
    (Answer({"_key": "a"}, 202), "Accepted"),
]


@pytest.mark.parametrize(("answer", "message"), WITHOUT)
def test_without_the_header_it_is_the_job_apis(
    answer: Answer, message: str, job: AsyncJob[Any], answers: Answers
) -> None:
    """Even a success without the header is not the operation's."""
    answers(answer)
    with pytest.raises(AsyncJobResultError) as caught:
        job.result()
    raised = caught.value
    assert raised.message == str(raised)
    assert raised.message.endswith("] " + message)
    number = answer.body.get("errorNum") if answer.body else None
    assert raised.error_code == (number or answer.status)


def test_a_queue_too_full_for_the_fetch(job: AsyncJob[Any], answers: Answers) -> None:
    """Without the header 503/21003 took nothing, so the fetch is repeated."""
    answers(error(503, 21003), Answer({"_key": "a"}, 202, MINE))
    assert job.result() == {"_key": "a"}


def test_a_fetch_whose_answer_broke(job: AsyncJob[Any], answers: Answers) -> None:
    """It is not sent again: the server has handed the result out."""
    answers(LOST)
    with pytest.raises(JobLostError, match="gives it once only") as caught:
        job.result()
    raised = caught.value
    assert (raised.job_id, raised.host) == ("7", HOST)
    assert "document.insert" in raised.operation
    assert len(answers.asked) == 2


def test_a_fetch_that_was_never_sent(job: AsyncJob[Any], answers: Answers) -> None:
    """The result is still there, and the error says that nothing was sent."""
    answers(REFUSED, Answer({"_key": "a"}, 202, MINE))
    with pytest.raises(HostUnreachableError):
        job.result()
    assert job.result() == {"_key": "a"}


@pytest.mark.parametrize(
    ("name", "method", "path", "failure"),
    [
        ("cancel", "PUT", PATH + "/cancel", AsyncJobCancelError),
        ("clear", "DELETE", PATH, AsyncJobClearError),
    ],
)
def test_cancel_and_clear(
    name: str, method: str, path: str, failure: type[Exception], job: Any, answers: Answers
) -> None:
    """True where the server knows the job; where not, an error or False."""
    call = getattr(job, name)
    answers(Answer({"result": True}), error(404, 404), error(404, 404), error(401, 11))
    assert call() is True
    assert (answers.last.method, answers.last.target) == (method, path)
    assert call(ignore_missing=True) is False
    with pytest.raises(failure, match=r"job 7 not found$"):
        call()
    with pytest.raises(failure):
        call(ignore_missing=True)


def test_status_of_an_unknown_job(job: AsyncJob[Any], answers: Answers) -> None:
    """A job that was fetched is not known any more."""
    answers(error(404, 404))
    with pytest.raises(AsyncJobStatusError, match=r"job 7 not found$"):
        job.status()


def test_only_the_owner_is_asked(answers: Answers) -> None:
    """Through another Coordinator a result can get lost, so an owner who is away is an error."""
    hosts = ["http://a.test:1", "http://b.test:2"]
    db = client_for(answers, hosts).db("test")
    answers(REFUSED, Answer(status=202, headers=MINE))
    job = db.begin_async_execution()["c"].delete("a")
    assert job.host == 1
    answers(REFUSED, Answer(error(404, 1202).body, 404, MINE))
    with pytest.raises(HostUnreachableError, match=r"b\.test"):
        job.result()
    with pytest.raises(DocumentDeleteError):
        job.result()
    assert [each.host for each in answers.asked] == [hosts[0], hosts[1], hosts[1], hosts[1]]


REFUSALS: list[tuple[Answer, str]] = [
    (error(401, 11, "not authorized"), "not authorized"),
    (error(404, 1228, "database not found"), "database not found"),
    (Answer(status=404), "Not Found"),
    (Answer(status=202), "without a job's id"),
    (Answer({"_key": "a"}, 201), "ran the operation at once"),
]


@pytest.mark.parametrize(("answer", "message"), REFUSALS)
def test_what_did_not_become_a_job(
    answer: Answer, message: str, db: StandardDatabase, answers: Answers
) -> None:
    """The refusal is an error at once, with the server's status and number."""
    answers(answer)
    with pytest.raises(AsyncExecuteError, match=message) as caught:
        db.begin_async_execution()["c"].insert({"x": 1})
    assert caught.value.http_code == answer.status


def test_jobs_of_one_import(db: StandardDatabase, answers: Answers) -> None:
    """An import in batches gives the list of its jobs, or of nothing where nobody wants them."""
    accepted = [Answer(status=202, headers={"x-arango-async-id": str(n)}) for n in (1, 2)]
    answers(*accepted)
    jobs = db.begin_async_execution()["c"].import_bulk([{}, {}, {}], batch_size=2)
    assert [job.id for job in jobs] == ["1", "2"]
    answers(Answer({"created": 1}, 201, {"x-arango-async-id": "2"}))
    assert jobs[1].result()["created"] == 1
    answers(*accepted)
    forgotten = db.begin_async_execution(return_result=False)
    assert forgotten["c"].import_bulk([{}, {}, {}], batch_size=2) == [None, None]


def test_an_import_of_which_a_batch_is_refused(db: StandardDatabase, answers: Answers) -> None:
    """The jobs of the earlier batches, which nobody gets, are cleared."""
    answers(Answer(status=202, headers={"x-arango-async-id": "1"}), error(401, 11), Answer())
    with pytest.raises(AsyncExecuteError):
        db.begin_async_execution()["c"].import_bulk([{}, {}, {}], batch_size=2)
    assert (answers.last.method, answers.last.target) == ("DELETE", "/_db/test/_api/job/1")


def test_a_fetch_is_not_repeated_on_another_host(answers: Answers) -> None:
    """Even where the job's Coordinator is not known."""
    db = client_for(answers, ["http://a.test:1", "http://b.test:2"]).db("test")
    answers(Answer(status=202, headers=MINE), LOST)
    submitted = db.begin_async_execution()["c"].count()
    job = AsyncJob(db.conn, "7", submitted.operation, None)
    with pytest.raises(JobLostError):
        job.result()
    assert len(answers.asked) == 2


OTHERS = {"X-Arango-Async-Id": "8"}


def test_the_result_of_another_job(job: AsyncJob[Any], answers: Answers) -> None:
    """It decides nothing: where this job is still there, its own result is taken."""
    meta = {"_id": "c/a", "_key": "a", "_rev": "_1"}
    answers(Answer({"_key": "b"}, 202, OTHERS), Answer(), Answer(meta, 202, MINE))
    assert job.result() == meta
    methods = [each.method for each in answers.asked]
    assert methods == ["POST", "PUT", "GET", "PUT"]


def test_the_result_of_another_job_for_this_one(job: AsyncJob[Any], answers: Answers) -> None:
    """Where this job is gone its result went astray."""
    answers(Answer({"_key": "b"}, 202, OTHERS), error(404, 404))
    with pytest.raises(JobLostError, match="under the name of job 8"):
        job.result()


def test_the_result_of_another_job_again(job: AsyncJob[Any], answers: Answers) -> None:
    """It is asked for twice at most."""
    answers(*[Answer({}, 202, OTHERS), Answer(), Answer({}, 202, OTHERS)])
    with pytest.raises(JobLostError, match="under the name of job 8"):
        job.result()
