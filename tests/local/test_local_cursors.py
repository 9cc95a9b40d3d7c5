"""Cursors, queries and stream transactions (server-protocol.md §9)."""

from __future__ import annotations

import pytest

TEN = "FOR i IN 1..10 RETURN i"


def number(response):
    return (response.status, response.document()["errorNum"])


def query(ask, text=TEN, /, **fields):
    return ask("POST", "/_api/cursor", {"query": text, **fields})


def test_small_result_has_no_cursor(ask):
    """201, hasMore false, no id."""
    response = query(ask, count=True)
    body = response.document()
    assert (response.status, body["result"], body["hasMore"]) == (201, list(range(1, 11)), False)
    assert body["count"] == 10
    assert "id" not in body
    assert "nextBatchId" not in body
    assert {"stats", "warnings"} <= set(body["extra"])


def test_batches(ask):
    """id and nextBatchId are strings; the last batch has none and ends the cursor."""
    body = query(ask, batchSize=4).document()
    assert (body["result"], body["hasMore"], body["nextBatchId"]) == ([1, 2, 3, 4], True, "2")
    cursor = body["id"]
    body = ask("PUT", f"/_api/cursor/{cursor}").document()
    assert (body["result"], body["id"], body["nextBatchId"]) == ([5, 6, 7, 8], cursor, "3")
    body = ask("POST", f"/_api/cursor/{cursor}").document()
    assert (body["result"], body["hasMore"], "nextBatchId" in body) == ([9, 10], False, False)
    assert number(ask("POST", f"/_api/cursor/{cursor}")) == (404, 1600)


def test_exact_multiple_has_no_empty_batch(ask):
    """Ten rows in batches of five are two batches."""
    cursor = query(ask, batchSize=5).document()["id"]
    assert ask("POST", f"/_api/cursor/{cursor}").document()["hasMore"] is False


def test_batches_by_number(ask):
    """The last again, or the next; any other is 404/1600."""
    body = query(ask, batchSize=4, options={"allowRetry": True}).document()
    target = f"/_api/cursor/{body['id']}"
    again = ask("POST", f"{target}/1").document()
    assert again["result"] == body["result"]
    second = ask("POST", f"{target}/2").document()
    assert second == ask("POST", f"{target}/2").document()
    response = ask("POST", f"{target}/1")
    assert number(response) == (404, 1600)
    assert response.document()["errorMessage"] == "batch id not found"
    last = ask("POST", f"{target}/3").document()
    assert ask("POST", f"{target}/3").document() == last
    assert ask("DELETE", target).status == 202
    assert number(ask("POST", f"{target}/3")) == (404, 1600)


def test_repeating_without_allow_retry(ask):
    """400/400."""
    cursor = query(ask, batchSize=4).document()["id"]
    assert number(ask("POST", f"/_api/cursor/{cursor}/1")) == (400, 400)
    assert ask("POST", f"/_api/cursor/{cursor}/2").document()["result"] == [5, 6, 7, 8]


def test_cursor_expires_also_while_its_job_waits(ask):
    """The clock starts when the first batch is made; 30 s unless `ttl` says otherwise."""
    job = ask.submit("POST", "/_api/cursor", {"query": TEN, "batchSize": 4})
    ask.run()
    ask.clock.advance(31)
    cursor = ask("PUT", f"/_api/job/{job}").document()["id"]
    assert number(ask("POST", f"/_api/cursor/{cursor}")) == (404, 1600)
    cursor = query(ask, batchSize=4, ttl=100).document()["id"]
    ask.clock.advance(99)
    assert ask("POST", f"/_api/cursor/{cursor}").status == 200
    ask.clock.advance(99)
    assert ask("POST", f"/_api/cursor/{cursor}").status == 200


def test_cursor_belongs_to_database_and_user(ask):
    """Elsewhere it is unknown."""
    ask("POST", "/_api/database", {"name": "d"})
    ask.user("bob")
    cursor = query(ask, batchSize=4).document()["id"]
    assert number(ask("POST", f"/_db/d/_api/cursor/{cursor}")) == (404, 1600)
    assert number(ask("POST", f"/_api/cursor/{cursor}", user="bob")) == (404, 1600)


def test_busy_cursor(ask):
    """409/1601."""
    cursor = query(ask, batchSize=4).document()["id"]
    cursors = ask.deployment.coordinators[0].cursors
    taken = cursors.take(cursor, "_system", "root")
    assert number(ask("POST", f"/_api/cursor/{cursor}")) == (409, 1601)
    cursors.give_back(taken)
    assert ask("POST", f"/_api/cursor/{cursor}").status == 200


@pytest.mark.parametrize(
    "fields",
    [{"query": 5}, {"query": ""}, {"query": "  "}, {}, {"query": TEN, "batchSize": 0},
     {"query": TEN, "batchSize": -1}, {"query": TEN, "batchSize": "5"}, {"query": TEN, "ttl": "x"},
     {"query": TEN, "bindVars": []}, {"query": TEN, "options": []},
     {"query": TEN, "memoryLimit": {}},
     {"query": "INVALID QUERY"}, {"query": TEN, "bindVars": {"unused": 1}}],
)  # fmt: skip
def test_wrong_queries(ask, fields):
    """400 with an error body."""
    response = ask("POST", "/_api/cursor", fields)
    assert response.status == 400
    assert response.document()["code"] == 400


def test_failed_query_takes_its_writes_back(ask):
    """All or nothing on a single server."""
    text = "FOR i IN 1..5 INSERT {_key: TO_STRING(i == 5 ? 1 : i)} INTO c"
    assert number(query(ask, text)) == (409, 1210)
    assert ask("GET", "/_api/collection/c/count").document()["count"] == 0


def test_streamed_query(ask):
    """Rows are made as they are fetched; there is no count."""
    body = query(ask, batchSize=4, options={"stream": True}).document()
    assert (body["result"], "count" in body) == ([1, 2, 3, 4], False)
    assert ask("POST", f"/_api/cursor/{body['id']}").document()["result"] == [5, 6, 7, 8]


def test_full_count(ask):
    """In extra.stats."""
    body = query(ask, "FOR i IN 1..10 LIMIT 2 RETURN i", options={"fullCount": True}).document()
    assert body["extra"]["stats"]["fullCount"] == 10


def test_parse_and_explain(ask):
    """/_api/query and /_api/explain."""
    parsed = ask(
        "POST", "/_api/query", {"query": "FOR d IN c FILTER d.x == @x RETURN d"}
    ).document()
    assert (parsed["parsed"], parsed["collections"], parsed["bindVars"]) == (True, ["c"], ["x"])
    assert number(ask("POST", "/_api/query", {"query": "RETURN"})) == (400, 1501)
    explained = ask("POST", "/_api/explain", {"query": TEN}).document()
    assert "nodes" in explained["plan"]


def test_query_tracking(ask):
    """Settings, current, slow, kill."""
    settings = ask("PUT", "/_api/query/properties", {"slowQueryThreshold": 0}).document()
    assert settings["slowQueryThreshold"] == 0
    assert ask("PUT", "/_api/query/properties", {"enabled": 1}).status == 400
    query(ask)
    slow = ask("GET", "/_api/query/slow?all=1").document()
    assert (slow[-1]["query"], slow[-1]["state"]) == (TEN, "finished")
    ask("DELETE", "/_api/query/slow")
    assert ask("GET", "/_api/query/slow").document() == []
    assert ask("GET", "/_api/query/current").document() == []
    assert number(ask("DELETE", "/_api/query/1")) == (404, 1591)


# stream transactions


def begin(ask, **collections):
    response = ask("POST", "/_api/transaction/begin", {"collections": collections})
    assert response.status == 201
    return response.document()["result"]["id"]


def test_abort_takes_everything_back(ask):
    """Inserts, updates, removals, imports, queries, truncation."""
    ask("POST", "/_api/document/c", [{"_key": "a", "x": 1}, {"_key": "b"}])
    before = dict(ask.deployment.store.database("_system").collection("c").documents)
    trx = begin(ask, write=["c"])
    inside = {"x_arango_trx_id": trx}
    ask("POST", "/_api/document/c", [{"_key": "n"}, {"_key": "#"}], **inside)
    ask("PATCH", "/_api/document/c/a", {"x": 2}, **inside)
    ask("DELETE", "/_api/document/c/b", **inside)
    ask("POST", "/_api/cursor", {"query": "FOR i IN 1..3 INSERT {} INTO c"}, **inside)
    ask("PUT", "/_api/collection/c/truncate", **inside)
    assert ask("GET", "/_api/collection/c/count", **inside).document()["count"] == 0
    assert ask("GET", "/_api/collection/c/count").document()["count"] == 2
    assert ask("DELETE", f"/_api/transaction/{trx}").document()["result"]["status"] == "aborted"
    assert dict(ask.deployment.store.database("_system").collection("c").documents) == before


def test_commit_keeps(ask):
    """And the transaction takes no more."""
    trx = begin(ask, exclusive="c")
    ask("POST", "/_api/document/c", {"_key": "a"}, x_arango_trx_id=trx)
    assert ask("GET", "/_api/transaction").document()["transactions"] == [
        {"id": trx, "state": "running"}
    ]
    assert ask("PUT", f"/_api/transaction/{trx}").document()["result"]["status"] == "committed"
    assert ask("PUT", f"/_api/transaction/{trx}").status == 200
    assert ask("DELETE", f"/_api/transaction/{trx}").status == 400
    assert ask("POST", "/_api/document/c", {}, x_arango_trx_id=trx).status == 400
    assert ask("GET", "/_api/document/c/a").status == 200


def test_undeclared_collections(ask):
    """400/1652 for writes."""
    ask("POST", "/_api/collection", {"name": "other"})
    trx = begin(ask, read=["c"])
    assert number(ask("POST", "/_api/document/c", {}, x_arango_trx_id=trx)) == (400, 1652)
    assert ask("GET", "/_api/collection/other/count", x_arango_trx_id=trx).status == 200


def test_idle_transaction_is_aborted(ask):
    """After a minute."""
    trx = begin(ask, write="c")
    ask("POST", "/_api/document/c", {"_key": "a"}, x_arango_trx_id=trx)
    ask.clock.advance(61)
    assert ask("GET", f"/_api/transaction/{trx}").document()["result"]["status"] == "aborted"
    assert ask("GET", "/_api/document/c/a").status == 404


def test_javascript_transactions_are_refused_by_name(ask):
    """501/9."""
    response = ask("POST", "/_api/transaction", {"action": "function(){}"})
    assert number(response) == (501, 9)
    assert "JavaScript" in response.document()["errorMessage"]
