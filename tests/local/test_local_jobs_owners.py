"""Whose jobs one sees (server-protocol.md §7), and what several databases change."""

from __future__ import annotations

import pytest

DOCUMENTS = "/_api/document/c"


@pytest.fixture
def two(ask):
    """Return an asker with a user ``alice`` who has a pending and a done job."""
    ask.user("alice")
    done = ask.submit("POST", DOCUMENTS, {}, user="alice")
    ask.run()
    pending = ask.submit("POST", DOCUMENTS, {}, user="alice")
    return ask, pending, done


def test_other_users_jobs_are_absent_even_for_root(two):
    """404 for all calls, empty lists."""
    ask, pending, done = two
    for job in (pending, done):
        for call in (f"GET /_api/job/{job}", f"PUT /_api/job/{job}", f"DELETE /_api/job/{job}",
                     f"PUT /_api/job/{job}/cancel"):  # fmt: skip
            assert ask(*call.split()).document()["errorNum"] == 404
    assert ask("GET", "/_api/job/done").document() == []
    assert ask("GET", "/_api/job/pending").document() == []


def test_delete_all_takes_own_jobs_only(two):
    """root's `all` leaves alice's entries."""
    ask, pending, done = two
    ask("DELETE", "/_api/job/all")
    ask("DELETE", f"/_api/job/expired?stamp={ask.clock.time() + 9}")
    assert ask("GET", "/_api/job/done", user="alice").document() == [done]
    assert ask("GET", "/_api/job/pending", user="alice").document() == [pending]


def test_superuser_token_sees_and_deletes_all(two, superuser):
    """A token without a user name sees everybody's jobs."""
    ask, pending, done = two
    own = ask.submit("GET", "/_api/version", authorization=superuser)
    assert set(ask("GET", "/_api/job/pending", authorization=superuser).document()) <= {
        pending,
        own,
    }
    assert done in ask("GET", "/_api/job/done", authorization=superuser).document()
    assert ask("DELETE", "/_api/job/all", authorization=superuser).status == 200
    assert ask("GET", "/_api/job/done", user="alice").document() == []


def test_without_authentication_everybody_sees_all(build):
    """Everybody is superuser then."""
    ask = build(authentication=False)
    job = ask.submit("GET", "/_api/collection", user=None)
    assert ask("GET", "/_api/job/pending", user="whoever").document() == [job]


def test_jobs_belong_to_the_user_not_to_the_database(two):
    """Any database that the user may read serves the job."""
    ask, _, done = two
    ask("POST", "/_api/database", {"name": "other", "users": [{"username": "alice"}]})
    response = ask("PUT", f"/_db/other/_api/job/{done}", user="alice")
    assert response.headers["X-Arango-Async-Id"] == done


@pytest.mark.parametrize(
    "call",
    [
        "GET /_db/other/_api/job/1",
        "PUT /_db/other/_api/job/1",
        "PUT /_db/other/_api/job/1/cancel",
        "DELETE /_db/other/_api/job/1",
        "DELETE /_db/other/_api/job/all",
        "DELETE /_db/other/_api/job/expired",
        "GET /_db/other/_api/job/done",
        "GET /_db/other/_api/job/pending",
        "POST /_db/other/_api/job",
    ],
)
def test_no_access_to_the_database(two, call):
    """401/11 for all job calls."""
    ask, _, _ = two
    ask("POST", "/_api/database", {"name": "other"})
    response = ask(*call.split(), user="alice")
    assert (response.status, response.document()["errorNum"]) == (401, 11)


def test_basic_and_jwt_of_one_user_are_one_owner(two):
    """A job submitted with a password is fetched with a token."""
    ask, _, done = two
    login = ask("POST", "/_open/auth", {"username": "alice", "password": "alice"}, user=None)
    header = f"Bearer {login.document()['jwt']}"
    assert ask("PUT", f"/_api/job/{done}", authorization=header).status == 202


def test_unauthenticated_job_belongs_to_nobody(ask, superuser):
    """Its owner is the empty name, so only a superuser fetches it."""
    body = {"username": "root", "password": ""}
    job = ask.submit("POST", "/_open/auth", body, user=None)
    ask.run()
    assert ask("PUT", f"/_api/job/{job}").status == 404
    response = ask("PUT", f"/_api/job/{job}", authorization=superuser)
    assert "jwt" in response.document()


def test_deleted_database_hides_the_job_api_behind_404(two):
    """404/1228 does not mean that the job is gone."""
    ask, _, _ = two
    response = ask("PUT", "/_db/gone/_api/job/1")
    assert response.document()["errorNum"] == 1228


def test_rights_in_the_operation_show_in_the_result(ask):
    """A user without write access gets 202, and 403 as the job's result."""
    ask.user("reader", "ro")
    job = ask.submit("POST", DOCUMENTS, {}, user="reader")
    ask.run()
    response = ask("PUT", f"/_api/job/{job}", user="reader")
    assert (response.status, response.document()["errorNum"]) == (403, 1004)
