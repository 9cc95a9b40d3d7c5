"""Looking at, fetching, cancelling and deleting jobs (server-protocol.md §3 to §6)."""

from __future__ import annotations

import random

import pytest

from arango_jobs.local.jobs import JobTable, parse_id
from arango_jobs.local.messages import Response
from arango_jobs.local.options import ServerOptions

DOCUMENTS = "/_api/document/c"
NOT_FOUND = {"code": 404, "error": True, "errorMessage": "not found", "errorNum": 404}


def test_pending_then_done(ask):
    """204, then 200 without body and without the id header; asking changes nothing."""
    job = ask.submit("POST", DOCUMENTS, {})
    assert ask("GET", f"/_api/job/{job}").status == 204
    ask.run()
    for _ in range(2):
        response = ask("GET", f"/_api/job/{job}")
        assert (response.status, response.body, response.headers) == (200, b"", {})
        assert response.content_type.startswith("text/plain")


def test_fetch_gives_the_original_answer_once(ask):
    """Status, body and headers of the operation, plus the id; then 404."""
    job = ask.submit("POST", DOCUMENTS, {"_key": "a"})
    assert ask("PUT", f"/_api/job/{job}").status == 204
    ask.run()
    response = ask("PUT", f"/_api/job/{job}")
    assert (response.status, response.document()["_key"]) == (202, "a")
    assert response.headers["X-Arango-Async-Id"] == job
    assert "Etag" in response.headers
    again = ask("PUT", f"/_api/job/{job}")
    assert (again.status, again.document()) == (404, NOT_FOUND)
    assert "X-Arango-Async-Id" not in again.headers


def test_fetched_id_is_as_written_in_the_url(ask):
    """Leading digits count; the header repeats what was asked."""
    job = ask.submit("POST", DOCUMENTS, {})
    ask.run()
    assert ask("PUT", f"/_api/job/{job}abc").headers["X-Arango-Async-Id"] == f"{job}abc"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12abc", 12),
        ("", 0),
        ("abc", 0),
        (" 1", 0),
        ("+1", 0),
        ("-1", 0),
        ("007", 7),
        ("18446744073709551615", 2**64 - 1),
        ("18446744073709551616", 0),
        ("9" * 500, 0),
        ("١٢", 0),
    ],
)
def test_id_parsing(text, number):
    """Leading decimal digits; sign, space and overflow give 0."""
    assert parse_id(text) == number


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
@pytest.mark.parametrize("text", ["123", "9" * 30])
def test_unknown_ids(ask, method, text):
    """404/404."""
    response = ask(method, f"/_api/job/{text}")
    assert (response.status, response.document()) == (404, NOT_FOUND)


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
@pytest.mark.parametrize("text", ["0", "invalid_id", "done"])
def test_fetching_and_deleting_what_is_no_id(ask, method, text):
    """404/404."""
    assert ask(method, f"/_api/job/{text}").document()["errorNum"] == 404


@pytest.mark.parametrize("text", ["bad_status", "0", "0123", "all", "Done"])
def test_looking_at_what_is_no_state(ask, text):
    """400/400."""
    response = ask("GET", f"/_api/job/{text}")
    assert (response.status, response.document()["errorNum"]) == (400, 400)


@pytest.mark.parametrize(
    "call",
    [
        "GET /_api/job",
        "GET /_api/job/",
        "PUT /_api/job",
        "DELETE /_api/job",
        "GET /_api/job/1/2",
        "DELETE /_api/job/1/cancel",
        "PUT /_api/job/1/finish",
        "PUT /_api/job/1/cancel/now",
        "GET /_admin/job",
    ],
)
def test_wrong_number_of_segments(ask, call):
    """400/400."""
    response = ask(*call.split())
    assert (response.status, response.document()["errorNum"]) == (400, 400)


@pytest.mark.parametrize("method", ["POST", "PATCH", "HEAD"])
@pytest.mark.parametrize("path", ["/_api/job", "/_api/job/1", "/_api/job/done"])
def test_other_methods(ask, method, path):
    """405/405."""
    response = ask(method, path)
    assert (response.status, response.document()["errorNum"]) == (405, 405)


def test_admin_job_is_the_same(ask):
    """/_admin/job is an alias."""
    job = ask.submit("POST", DOCUMENTS, {})
    assert ask("GET", "/_admin/job/pending").document() == [job]
    ask.run()
    assert ask("PUT", f"/_admin/job/{job}").headers["X-Arango-Async-Id"] == job


def test_lists_hold_strings_and_are_cut_at_100(ask):
    """Default count 100; `count` has no upper bound."""
    jobs = {ask.submit("POST", DOCUMENTS, {}) for _ in range(105)}
    assert len(ask("GET", "/_api/job/pending").document()) == 100
    assert set(ask("GET", "/_api/job/pending?count=999999").document()) == jobs
    ask.run()
    assert ask("GET", "/_api/job/pending").document() == []
    assert len(ask("GET", "/_api/job/done").document()) == 100


@pytest.mark.parametrize("count", ["0", "-5", "abc", "1", ""])
def test_count_is_looked_at_after_adding(ask, count):
    """Zero, negative and unreadable give one id."""
    for _ in range(3):
        ask.submit("POST", DOCUMENTS, {})
    assert len(ask("GET", f"/_api/job/pending?count={count}").document()) == 1


def test_absurd_numbers_are_numbers(ask):
    """Twenty nines are more than there are jobs, or rows."""
    job = ask.submit("POST", DOCUMENTS, {})
    assert ask("GET", f"/_api/job/pending?count={'9' * 20}").document() == [job]
    body = {"query": "RETURN 1", "batchSize": 1e300}
    assert ask("POST", "/_api/cursor", body).document()["result"] == [1]


def test_lists_are_newest_first_or_shuffled(ask, build):
    """Clients must not rely on an order; an option shuffles."""
    jobs = [ask.submit("POST", DOCUMENTS, {}) for _ in range(20)]
    assert ask("GET", "/_api/job/pending").document() == jobs[::-1]
    other = build(ServerOptions(shuffle_lists=True), seed=1)
    jobs = [other.submit("GET", "/_api/collection") for _ in range(20)]
    listed = other("GET", "/_api/job/pending").document()
    assert sorted(listed) == sorted(jobs)
    assert listed not in (jobs, jobs[::-1])


def test_cancel_of_queued_work(ask):
    """200 {"result": true}; still listed; the result is 410/21 and nothing was done."""
    job = ask.submit("POST", DOCUMENTS, {"_key": "a"})
    response = ask("PUT", f"/_api/job/{job}/cancel")
    assert (response.status, response.document()) == (200, {"result": True})
    assert ask("GET", "/_api/job/pending").document() == [job]
    ask.run()
    result = ask("PUT", f"/_api/job/{job}")
    assert (result.status, result.document()["errorNum"]) == (410, 21)
    assert result.document()["errorMessage"] == "canceled request"
    assert result.headers["X-Arango-Async-Id"] == job
    assert ask("GET", "/_api/document/c/a").status == 404


def test_cancel_of_done_work_changes_nothing(ask):
    """200, and the result stays."""
    job = ask.submit("POST", DOCUMENTS, {"_key": "a"})
    ask.run()
    assert ask("PUT", f"/_api/job/{job}/cancel").status == 200
    assert ask("PUT", f"/_api/job/{job}").document()["_key"] == "a"


@pytest.mark.parametrize("text", ["1", "invalid_id", "0"])
def test_cancel_of_unknown_work(ask, text):
    """404 with a message of its own."""
    response = ask("PUT", f"/_api/job/{text}/cancel")
    assert (response.status, response.document()["errorNum"]) == (404, 404)
    assert "cancel" in response.document()["errorMessage"]


def test_stuck_after_cancel_stays_pending(ask):
    """The fault keeps the entry pending until it is deleted."""
    ask.deployment.faults.stuck_after_cancel()
    job = ask.submit("POST", DOCUMENTS, {})
    ask("PUT", f"/_api/job/{job}/cancel")
    ask.run()
    assert ask("GET", f"/_api/job/{job}").status == 204
    assert ask("DELETE", f"/_api/job/{job}").status == 200


def test_deleted_pending_work_runs_on(ask):
    """The entry is gone, the work is done, the result is dropped."""
    job = ask.submit("POST", DOCUMENTS, {"_key": "a"})
    assert ask("DELETE", f"/_api/job/{job}").document() == {"result": True}
    ask.run()
    assert ask("GET", f"/_api/job/{job}").status == 404
    assert ask("GET", "/_api/document/c/a").status == 200


def test_delete_all_takes_pending_and_done(ask):
    """200 even when there is nothing."""
    ask.submit("POST", DOCUMENTS, {})
    ask.run()
    ask.submit("POST", DOCUMENTS, {})
    for _ in range(2):
        assert ask("DELETE", "/_api/job/all").document() == {"result": True}
        assert ask("GET", "/_api/job/done").document() == []
        assert ask("GET", "/_api/job/pending").document() == []


def test_expired_compares_submission_then_completion(ask):
    """Pending: the submission's time; done: the completion's."""
    start = ask.clock.time()
    done = ask.submit("POST", DOCUMENTS, {})
    ask.clock.advance(10)
    ask.run()
    pending = ask.submit("POST", DOCUMENTS, {})
    assert ask("DELETE", f"/_api/job/expired?stamp={start + 5}").status == 200
    assert ask("GET", "/_api/job/done").document() == [done]
    ask.clock.advance(10)
    ask("DELETE", f"/_api/job/expired?stamp={start + 10.5}")
    assert ask("GET", "/_api/job/done").document() == []
    assert ask("GET", f"/_api/job/{pending}").status == 404


@pytest.mark.parametrize("stamp", ["abc", "0", ""])
def test_expired_with_an_unreadable_stamp_deletes_nothing(ask, stamp):
    """Unparsable is 0; missing is 400/400."""
    job = ask.submit("POST", DOCUMENTS, {})
    assert ask("DELETE", f"/_api/job/expired?stamp={stamp}").status == 200
    assert ask("GET", f"/_api/job/{job}").status == 204
    assert ask("DELETE", "/_api/job/expired").document()["errorNum"] == 400


def test_a_table_of_100000_lists_what_is_asked_for_only():
    """A list costs its length, whatever else there is."""
    table = JobTable()
    for number in range(100_000):
        table.finish(table.add(number, "me", 0.0), Response(), 0.0)
    assert table.ids(done=True, owner="me", count=3) == ["99999", "99998", "99997"]


def test_shuffled_table_is_reproducible():
    """The order comes from the seed."""
    lists = []
    for _ in range(2):
        table = JobTable(shuffle=random.Random(5))
        for number in range(50):
            table.add(number, "me", 0.0)
        lists.append(table.ids(done=False, owner="me", count=10))
    assert lists[0] == lists[1]
