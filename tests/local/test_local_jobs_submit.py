"""Submitting: what becomes a job, what is refused before (server-protocol.md §1)."""

from __future__ import annotations

import pytest

from arango_jobs.local.options import ServerOptions

DOCUMENTS = "/_api/document/c"


def test_store_is_accepted_with_an_id_and_no_body(ask):
    """202, empty, id of decimal digits, and the work has not begun."""
    response = ask("POST", DOCUMENTS, {"_key": "a"}, x_arango_async="store")
    assert (response.status, response.body) == (202, b"")
    assert response.headers["X-Arango-Async-Id"].isdecimal()
    assert ask.deployment.store.database("_system").collection("c").get("a") is None


def test_true_is_accepted_without_an_id_and_without_an_entry(ask):
    """Fire and forget leaves nothing to fetch, but the work is done."""
    response = ask("POST", DOCUMENTS, {"_key": "a"}, x_arango_async="true")
    assert (response.status, response.headers) == (202, {})
    assert ask("GET", "/_api/job/pending").document() == []
    ask.run()
    assert ask("GET", "/_api/document/c/a").status == 200


@pytest.mark.parametrize("value", ["false", "1", "keep", "Store", "TRUE", "", " store"])
def test_any_other_value_is_an_ordinary_request(ask, value):
    """The value is compared exactly."""
    assert ask("GET", "/_api/version", x_arango_async=value).status == 200


def test_parse_errors_show_in_the_stored_result_only(ask):
    """The 202 says nothing of the operation."""
    job = ask.submit("POST", DOCUMENTS, b"{nonsense")
    ask.run()
    response = ask("PUT", f"/_api/job/{job}")
    assert (response.status, response.document()["errorNum"]) == (400, 600)


@pytest.mark.parametrize("mode", ["store", "true"])
def test_unknown_database_is_refused_before_queueing(ask, mode):
    """404/1228 for those who might read it; no job."""
    response = ask("GET", "/_db/nowhere/_api/version", x_arango_async=mode)
    assert (response.status, response.document()["errorNum"]) == (404, 1228)


def test_unknown_user_cannot_probe_database_names(ask):
    """401/11 whether the database exists or not."""
    for database in ("_system", "nowhere"):
        target = f"/_db/{database}/_api/version"
        response = ask("GET", target, user="nobody", x_arango_async="store")
        assert (response.status, response.document()["errorNum"]) == (401, 11)


def test_unauthorised_answers_challenge_unless_asked_not_to(ask):
    """WWW-Authenticate, without it for x-omit-www-authenticate."""
    assert "WWW-Authenticate" in ask("GET", "/_api/version", user=None).headers
    response = ask("GET", "/_api/version", user=None, x_omit_www_authenticate="1")
    assert "WWW-Authenticate" not in response.headers


def test_unknown_path_becomes_a_job_in_3_and_is_refused_in_4(ask, build):
    """3.x queues before it routes, 4.0 routes first."""
    job = ask.submit("GET", "/_api/nonsense")
    ask.run()
    assert ask("PUT", f"/_api/job/{job}").status == 404
    newer = build(ServerOptions(version="4.0.0"))
    assert newer("GET", "/_api/nonsense", x_arango_async="store").status == 404
    assert newer("GET", "/_api/job/pending").document() == []


def test_head_job_stores_no_body(ask):
    """A fetched HEAD result carries the status and headers only."""
    ask("POST", DOCUMENTS, {"_key": "a"})
    job = ask.submit("HEAD", "/_api/document/c/a")
    ask.run()
    response = ask("PUT", f"/_api/job/{job}")
    assert (response.status, response.body) == (200, b"")
    assert response.headers["Etag"]


def test_job_call_as_a_job_consumes_the_other_job(ask):
    """/_api/job is not excluded: the inner result is stored in the outer."""
    inner = ask.submit("POST", DOCUMENTS, {"_key": "a"})
    ask.run()
    outer = ask.submit("PUT", f"/_api/job/{inner}")
    ask.run()
    response = ask("PUT", f"/_api/job/{outer}")
    assert (response.status, response.document()["_key"]) == (202, "a")
    assert response.headers["X-Arango-Async-Id"] == outer
    assert ask("GET", f"/_api/job/{inner}").status == 404


def test_full_queue_refuses_and_leaves_a_phantom(build):
    """503/21003 without an id, and an entry that stays pending for ever."""
    ask = build(ServerOptions(queue_size=2))
    jobs = [ask.submit("GET", "/_api/collection") for _ in range(2)]
    response = ask("GET", "/_api/collection", x_arango_async="store")
    assert (response.status, response.document()["errorNum"]) == (503, 21003)
    assert "X-Arango-Async-Id" not in response.headers
    ask.run()
    pending = ask("GET", "/_api/job/pending").document()
    assert len(pending) == 1
    assert pending[0] not in jobs
    assert ask("DELETE", f"/_api/job/{pending[0]}").status == 200


def test_phantoms_can_be_switched_off(build):
    """Without faithful_phantoms the refused entry is gone."""
    ask = build(ServerOptions(queue_size=0, faithful_phantoms=False))
    assert ask("GET", "/_api/collection", x_arango_async="store").status == 503
    assert ask("GET", "/_api/job/pending").document() == []


def test_full_queue_refuses_ordinary_requests_too_but_not_the_job_api(build):
    """The job API has its own lane."""
    ask = build(ServerOptions(queue_size=0))
    assert ask("GET", "/_api/collection").status == 503
    assert ask("GET", "/_api/job/pending").status == 200


@pytest.mark.parametrize("limit", ["0.5", "1.9999"])
def test_queue_time_above_the_limit_is_refused(ask, limit):
    """412/21004 for every request, fast ones too, before anything is queued."""
    ask.deployment.faults.queue_time(2.0)
    for target in ("/_api/version", "/_api/job/done", "/_api/collection"):
        response = ask("GET", target, x_arango_queue_time_seconds=limit, x_arango_async="store")
        assert (response.status, response.document()["errorNum"]) == (412, 21004)


@pytest.mark.parametrize("limit", ["0", "-1", "", "abc", "null", "1.1.1", "1e300", "3"])
def test_queue_time_limits_that_mean_nothing_are_ignored(ask, limit):
    """Zero, negative, empty, unreadable or large: accepted."""
    ask.deployment.faults.queue_time(2.0)
    assert ask("GET", "/_api/version", x_arango_queue_time_seconds=limit).status == 200


def test_queue_time_is_what_the_last_job_waited(ask):
    """Measured from enqueueing to start."""
    ask.submit("GET", "/_api/collection")
    ask.clock.advance(1.5)
    ask.run()
    assert ask.deployment.coordinators[0].queue_time == 1.5


def test_options_needs_no_authentication(ask):
    """CORS preflight is answered at once."""
    response = ask("OPTIONS", "/_db/nowhere/_api/job/1", user=None, x_arango_async="store")
    assert response.status == 200
    assert "PUT" in response.headers["Allow"]


def test_stopping_server_refuses_everything(ask):
    """503/30 comes before authentication."""
    ask.deployment.coordinators[0].stopping = True
    response = ask("GET", "/_api/version", user=None)
    assert (response.status, response.document()["errorNum"]) == (503, 30)


@pytest.mark.parametrize(("encoding", "body"), [("gzip", b"no gzip"), ("x-arango-lz4", b"x")])
def test_undecodable_body_is_refused_before_queueing(ask, encoding, body):
    """400/10."""
    response = ask("POST", DOCUMENTS, body, content_encoding=encoding, x_arango_async="store")
    assert (response.status, response.document()["errorNum"]) == (400, 10)
