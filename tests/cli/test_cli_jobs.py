"""`arango-jobs jobs`, `top` and `doctor`."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from cli_support import Cli

from arango_jobs import ArangoClient, AsyncJob
from arango_jobs.cli.faults import faults_of, parse_version
from arango_jobs.cli.metrics import read_metrics
from arango_jobs.local import LocalServer
from arango_jobs.operations import Response


@pytest.fixture
def done_job(named: Any) -> AsyncJob[Any]:
    """A job whose result waits to be fetched."""
    job = named.begin_async_execution().aql.execute("RETURN 7")
    wait_until_done(job)
    return job


@pytest.fixture
def pending_job(named: Any) -> AsyncJob[Any]:
    """A job that runs."""
    return named.begin_async_execution().aql.execute("RETURN SLEEP(60)")


def wait_until_done(job: AsyncJob[Any]) -> None:
    while job.status() != "done":
        pass


def test_list(cli: Cli, done_job: Any, pending_job: Any) -> None:
    """Ids with status and Coordinator."""
    rows = cli("jobs", "list", "--json").rows
    assert {(row["id"], row["status"]) for row in rows} == {
        (done_job.id, "done"),
        (pending_job.id, "pending"),
    }
    done = cli("jobs", "list", "--status", "done")
    assert done.out.startswith(f"{done_job.id}\tdone\thttp://127.0.0.1:")
    assert cli("jobs", "list", "--status", "done", "--count", "1").out.count("\n") == 1


def test_show_and_wait(cli: Cli, done_job: Any, pending_job: Any) -> None:
    """They leave the result where it is."""
    assert cli("jobs", "show", done_job.id).out == "done\n"
    assert cli("jobs", "show", pending_job.id, "--json").rows == [
        {"id": pending_job.id, "status": "pending"}
    ]
    assert cli("jobs", "wait", done_job.id).code == 0
    waited = cli("jobs", "wait", pending_job.id, "--timeout", "0.2")
    assert waited.code == 124
    line = f"timed out: job {pending_job.id} is still pending after 0.2 s"
    assert waited.err == f"arango-jobs: {line}\n"
    assert next(done_job.result()) == 7


def test_result(cli: Cli, named: Any, done_job: Any, pending_job: Any) -> None:
    """It comes once; an error of the job's is exit code 1."""
    (answer,) = cli("jobs", "result", done_job.id, "--json").rows
    assert (answer["status"], answer["body"]["result"]) == (201, [7])
    again = cli("jobs", "result", done_job.id)
    assert again.code == 1
    assert f"job {done_job.id} not found" in again.err
    assert f"job {pending_job.id} is not done" in cli("jobs", "result", pending_job.id).err
    failed = named.begin_async_execution().aql.execute("RETRUN 1")
    wait_until_done(failed)
    outcome = cli("jobs", "result", failed.id)
    assert outcome.code == 1
    assert outcome.rows[0]["errorNum"] == 1501
    assert outcome.err == f"arango-jobs: job {failed.id} ended with HTTP status 400\n"


def test_cancel(cli: Cli, done_job: Any, pending_job: Any) -> None:
    """Each id is answered for."""
    outcome = cli("jobs", "cancel", pending_job.id, "123456789")
    assert outcome.code == 1
    assert outcome.out == f"{pending_job.id}: asked to stop\n"
    assert "job 123456789 not found" in outcome.err
    assert cli("jobs", "wait", pending_job.id, "--timeout", "10").code == 0


def test_clear_by_id(cli: Cli, done_job: Any, pending_job: Any) -> None:
    """Only these are forgotten, without a question."""
    outcome = cli("jobs", "clear", done_job.id)
    assert (outcome.code, outcome.out) == (0, f"{done_job.id}: forgotten\n")
    assert [row["id"] for row in cli("jobs", "list", "--json").rows] == [pending_job.id]


@pytest.mark.parametrize("what", [["--all"], ["--older-than", "60"]])
def test_clear_of_everybody(
    cli: Cli, server: LocalServer, done_job: Any, what: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It needs --everyone and a yes; without them nothing is sent."""
    server.reset_stats()
    refused = cli("jobs", "clear", *what)
    assert refused.code == 2
    assert "add --everyone if that is meant" in refused.err
    monkeypatch.setattr("sys.stdin", open("/dev/null"))  # noqa: SIM115  nobody answers
    assert cli("jobs", "clear", *what, "--everyone").code == 130
    sys.stdin.close()
    assert not [route for route in server.stats if route.startswith("DELETE")]
    assert done_job.status() == "done"


def test_clear_of_everybody_with_yes(cli: Cli, named: Any, done_job: Any) -> None:
    """The threshold is by the server's clock: what is younger stays."""
    assert cli("jobs", "clear", "--older-than", "3600", "--everyone", "--yes").code == 0
    assert done_job.status() == "done"
    assert cli("jobs", "clear", "--all", "--everyone", "--yes").out.endswith(": forgotten\n")
    assert named.async_jobs("done") == []


@pytest.mark.parametrize("arguments", [[], ["1", "--all"], ["--all", "--older-than", "5"]])
def test_clear_of_what(cli: Cli, named: Any, arguments: list[str]) -> None:
    """One of ids, --all, --older-than."""
    outcome = cli("jobs", "clear", *arguments)
    assert outcome.code == 2
    assert "give ids, or --all, or --older-than" in outcome.err


def test_jobs_of_several_coordinators(cli: Cli) -> None:
    """Each is listed; an id is found whichever Coordinator is asked."""
    with LocalServer(coordinators=2) as server:
        urls = ",".join(server.urls)
        with ArangoClient(hosts=server.urls[1]) as client:
            job = client.db().begin_async_execution().aql.execute("RETURN 7")
            wait_until_done(job)
        (row,) = cli("jobs", "list", "--json", "--url", urls).rows
        assert (row["id"], row["host"]) == (job.id, server.urls[1])
        assert cli("jobs", "show", job.id, "--url", urls).out == "done\n"
        assert cli("jobs", "result", job.id, "--url", urls).rows[0]["result"] == [7]
        samples = cli("top", "--once", "--json", "--url", urls).rows
        assert [sample["host"] for sample in samples] == server.urls


def test_top_once(cli: Cli, done_job: Any, pending_job: Any) -> None:
    """One look at each Coordinator, for people and for programs."""
    (sample,) = cli("top", "--once", "--json").rows
    assert (sample["pending"], sample["done"], sample["error"]) == (1, 1, None)
    assert sample["version"].startswith("3.12.")
    assert sample["latency"] > 0
    assert sample["queue_time"] >= 0
    assert sample["queued"] == 0
    line = cli("top", "--once").out
    assert "pending 1, uncollected 1, refused 0" in line


def test_top_of_a_server_that_is_not_there(cli: Cli) -> None:
    """It is said, and the exit code is 1."""
    outcome = cli("top", "--once", "--url", "http://127.0.0.1:1")
    assert outcome.code == 1
    assert "cannot be reached: Connection refused" in outcome.out


def test_doctor(cli: Cli, done_job: Any) -> None:
    """Reach, version with its faults, rights, clock, uncollected results."""
    outcome = cli("doctor")
    assert outcome.code == 0
    lines = outcome.out.splitlines()
    assert lines[0].startswith("ok    reach: http://127.0.0.1:")
    assert lines[1].startswith("ok    version: ArangoDB 3.12.")
    assert any(line.startswith("note  known in 3.12.") for line in lines)
    assert "ok    rights: root on _system: read and write" in lines
    assert any(line.startswith("ok    clock: the server's differs by ") for line in lines)
    assert lines[-1].startswith("note  jobs: 0 pending, 1 results that nobody has collected; if")
    assert {row["what"] for row in cli("doctor", "--json").rows} > {"reach", "version", "rights"}


def test_doctor_on_a_clock_that_goes_wrong(cli: Cli, named: Any, server: LocalServer) -> None:
    """It is a warning with the difference."""
    server.faults.clock_skew(-120)
    outcome = cli("doctor")
    assert "WARN  clock: the server's differs by -120." in outcome.out
    assert outcome.code == 0


@pytest.mark.parametrize(
    ("version", "code", "text"),
    [
        ("3.9.3", 1, "FAIL  version: ArangoDB 3.9.3 is older than 3.10"),
        ("4.1.0", 0, "WARN  version: ArangoDB 4.1.0 is newer than 4.0"),
        ("3.11.0", 0, "come back compressed twice"),
        ("3.10.14", 0, "a HEAD request can hang"),
    ],
)
def test_doctor_on_other_versions(cli: Cli, version: str, code: int, text: str) -> None:
    """Too old and too new are said, and what is known of the version."""
    with LocalServer(version=version) as server:
        outcome = cli("doctor", "--url", server.url)
    assert text in outcome.out
    assert outcome.code == code


def test_doctor_on_what_is_refused(cli: Cli, named: Any) -> None:
    """Wrong password and unknown database are told apart."""
    outcome = cli("doctor", "--password", "wrong")
    assert outcome.code == 1
    assert "FAIL  rights: " in outcome.out
    assert "wrong name or password" in outcome.out
    outcome = cli("doctor", "--db", "nowhere")
    assert "is there a database 'nowhere'?" in outcome.out


def test_faults_by_version() -> None:
    """Each has a first and a last version."""
    assert parse_version("3.12.4-2") == (3, 12, 4)
    assert parse_version("4.0") == (4, 0, 0)
    assert parse_version("devel") is None
    assert not any("compressed twice" in fault for fault in faults_of((3, 11, 1)))
    assert any("compressed twice" in fault for fault in faults_of((3, 11, 0)))
    assert any("/_admin/job" in fault for fault in faults_of((4, 0, 0)))


def test_metrics() -> None:
    """Labels are added up, comments and histograms' text left out."""
    body = b'# HELP a b\na{role="SINGLE"} 1\na{role="X"} 2.5\nb 1e3\nc{x="y z"} NaNo\n\n'
    assert read_metrics(Response(200, body=body)) == {"a": 3.5, "b": 1000.0}
    assert read_metrics(Response(404, body=body)) == {}
