"""Several Coordinators over one set of data (server-protocol.md §2)."""

from __future__ import annotations

import pytest

from arango_jobs.local.options import ServerOptions

FORWARDED = "X-Arango-Request-Forwarded-To"
DOCUMENTS = "/_api/document/c"


def test_ids_carry_the_short_id_in_their_upper_bits(cluster, ask):
    """40 bits of tick; a single server's ids are small."""
    ids = [int(cluster.submit("POST", DOCUMENTS, {}, at=at)) for at in range(3)]
    assert [number >> 40 for number in ids] == [1, 2, 3]
    assert int(ask.submit("POST", DOCUMENTS, {})) >> 40 == 0


def test_data_is_shared(cluster):
    """A document written on one is read on another."""
    cluster("POST", DOCUMENTS, {"_key": "a"}, at=0)
    assert cluster("GET", "/_api/document/c/a", at=2).status == 200


def test_calls_by_id_are_forwarded_to_the_owner(cluster):
    """GET, PUT, cancel and DELETE by id, with the owner's name in a header."""
    owner = cluster.deployment.coordinators[1].server_id
    job = cluster.submit("POST", DOCUMENTS, {"_key": "a"}, at=1)
    for call in (f"GET /_api/job/{job}", f"PUT /_api/job/{job}/cancel"):
        response = cluster(*call.split(), at=0)
        assert response.status in (200, 204)
        assert response.headers[FORWARDED] == owner
    cluster.run()
    response = cluster("PUT", f"/_api/job/{job}", at=2)
    assert response.headers["X-Arango-Async-Id"] == job
    assert response.headers[FORWARDED] == owner
    other = cluster.submit("POST", DOCUMENTS, {}, at=1)
    assert cluster("DELETE", f"/_api/job/{other}", at=0).headers[FORWARDED] == owner


def test_lists_and_delete_all_are_local(cluster):
    """Not forwarded, not gathered."""
    job = cluster.submit("POST", DOCUMENTS, {}, at=1)
    assert cluster("GET", "/_api/job/pending", at=0).document() == []
    assert FORWARDED not in cluster("DELETE", "/_api/job/all", at=0).headers
    cluster("DELETE", "/_api/job/expired?stamp=9e9", at=0)
    assert cluster("GET", "/_api/job/pending", at=1).document() == [job]


def test_other_methods_are_not_forwarded(cluster):
    """POST, HEAD and PATCH are 405 where they arrive."""
    job = cluster.submit("POST", DOCUMENTS, {}, at=1)
    for method in ("POST", "PATCH", "HEAD"):
        response = cluster(method, f"/_api/job/{job}", at=0)
        assert response.status == 405
        assert FORWARDED not in response.headers


def test_ownership_is_checked_on_the_target(cluster):
    """The same user, wherever the call arrives."""
    cluster.user("alice")
    job = cluster.submit("POST", DOCUMENTS, {}, at=1, user="alice")
    assert cluster("GET", f"/_api/job/{job}", at=0).document()["errorNum"] == 404
    assert cluster("GET", f"/_api/job/{job}", at=0, user="alice").status == 204


def test_unknown_short_id_is_looked_up_locally(cluster):
    """404/404 without the forwarding header."""
    response = cluster("PUT", f"/_api/job/{(77 << 40) + 5}")
    assert response.document()["errorNum"] == 404
    assert FORWARDED not in response.headers


def test_vanished_owner(cluster):
    """404/1449 naming the server."""
    job = cluster.submit("POST", DOCUMENTS, {}, at=1)
    cluster.deployment.faults.vanish(1)
    response = cluster("GET", f"/_api/job/{job}", at=0)
    assert (response.status, response.document()["errorNum"]) == (404, 1449)
    assert cluster.deployment.coordinators[1].server_id in response.document()["errorMessage"]


@pytest.mark.parametrize(
    ("call", "error"),
    [("POST /_api/cursor/{}", 1600), ("DELETE /_api/cursor/{}", 1600),
     ("GET /_api/transaction/{}", 1655), ("PUT /_api/transaction/{}", 1655)],
)  # fmt: skip
def test_cursors_and_transactions_of_unknown_coordinators(cluster, call, error):
    """404 with the number of their kind."""
    target = call.format((77 << 40) + 5)
    assert cluster(*target.split()).document()["errorNum"] == error


def test_cursor_and_transaction_are_forwarded(cluster):
    """They live where they were made."""
    body = {"query": "FOR i IN 1..10 RETURN i", "batchSize": 3}
    cursor = cluster("POST", "/_api/cursor", body, at=1).document()["id"]
    response = cluster("POST", f"/_api/cursor/{cursor}", at=0)
    assert response.document()["result"] == [4, 5, 6]
    assert FORWARDED in response.headers
    body = {"collections": {"write": "c"}}
    transaction = cluster("POST", "/_api/transaction/begin", body, at=2).document()["result"]["id"]
    cluster("POST", DOCUMENTS, {"_key": "t"}, at=0, x_arango_trx_id=transaction)
    cluster("DELETE", f"/_api/transaction/{transaction}", at=1)
    assert cluster("GET", "/_api/document/c/t").status == 404


def test_async_call_on_a_foreign_cursor_makes_the_job_there(cluster):
    """The target's 202 and id come back."""
    body = {"query": "FOR i IN 1..10 RETURN i", "batchSize": 3}
    cursor = cluster("POST", "/_api/cursor", body, at=1).document()["id"]
    job = cluster.submit("POST", f"/_api/cursor/{cursor}", at=0)
    assert int(job) >> 40 == 2


def test_dead_owner_blocks_then_503(build):
    """Tried again with growing pauses until time is up: 503/1478."""
    cluster = build(ServerOptions(cluster=True, forward_timeout=0.0), coordinators=2)
    job = cluster.submit("GET", "/_api/collection", at=1)
    cluster.deployment.coordinators[1].crash()
    response = cluster("GET", f"/_api/job/{job}", at=0)
    assert (response.status, response.document()["errorNum"]) == (503, 1478)


def test_owner_that_comes_back_answers_the_blocked_call(build):
    """The front Coordinator keeps trying; the job is gone by then."""
    cluster = build(coordinators=2)
    job = cluster.submit("GET", "/_api/collection", at=1)
    owner = cluster.deployment.coordinators[1]
    owner.crash()
    front = cluster.deployment.coordinators[0]
    front.executor.soon(owner.revive)
    assert cluster("GET", f"/_api/job/{job}", at=0).document()["errorNum"] == 404


def test_stored_503_is_lost_through_another_coordinator(cluster):
    """Forwarding repeats a 503, and the second fetch finds nothing."""
    job = cluster.submit("GET", "/_admin/nonsense", at=1)
    table = cluster.deployment.coordinators[1].jobs
    entry = table.find(int(job), None)
    cluster.run()
    entry.response.status = 503
    assert cluster("PUT", f"/_api/job/{job}", at=0).status == 404


def test_restart_loses_jobs_and_gives_ids_out_again(ask):
    """The counter begins where it began."""
    first = ask.submit("POST", DOCUMENTS, {})
    server = ask.deployment.coordinators[0]
    server.crash()
    server.revive()
    assert ask("GET", f"/_api/job/{first}").status == 404
    assert ask.submit("POST", DOCUMENTS, {"_key": "new"}) == first
    ask.run()
    assert ask("PUT", f"/_api/job/{first}").document()["_key"] == "new"


def test_soft_shutdown_refuses_jobs_and_waits_for_their_results(cluster):
    """store: 503/21003; true goes on; the counts are over all users."""
    job = cluster.submit("POST", DOCUMENTS, {}, at=1)
    assert cluster("DELETE", "/_admin/shutdown?soft=true", at=1).status == 200
    response = cluster("POST", DOCUMENTS, {}, at=1, x_arango_async="store")
    assert (response.status, response.document()["errorNum"]) == (503, 21003)
    assert cluster("POST", DOCUMENTS, {}, at=1, x_arango_async="true").status == 202
    progress = cluster("GET", "/_admin/shutdown", at=1).document()
    assert (progress["softShutdownOngoing"], progress["allClear"]) == (True, False)
    stopped = []
    cluster.deployment.on_shutdown = stopped.append
    server = cluster.deployment.coordinators[1]
    assert progress["pendingJobs"] == 1
    for _ in range(3):
        cluster.deployment.executor.steps.popleft()()
    assert cluster("PUT", f"/_api/job/{job}", at=1).headers["X-Arango-Async-Id"] == job
    cluster.run()
    assert stopped == [1]
    assert server.soft_shutdown


def test_soft_shutdown_refuses_new_cursors_and_transactions(cluster):
    """503 at the moment when a cursor would be needed."""
    cluster.deployment.coordinators[0].begin_soft_shutdown()
    body = {"query": "FOR i IN 1..10 RETURN i"}
    assert cluster("POST", "/_api/cursor", body).status == 201
    assert cluster("POST", "/_api/cursor", {**body, "batchSize": 2}).status == 503
    response = cluster("POST", "/_api/transaction/begin", {"collections": {}})
    assert response.status == 503


def test_soft_shutdown_is_for_coordinators(ask):
    """A single server says so."""
    assert ask("DELETE", "/_admin/shutdown?soft=true").status == 501
