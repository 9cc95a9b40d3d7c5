"""Collections, indexes, facts about the server, and what it does not have."""

from __future__ import annotations

import pytest

from arango_jobs.local.routes.missing import MISSING


def number(response):
    return (response.status, response.document()["errorNum"])


def test_collection_life(ask):
    """Created, described, counted, renamed, emptied, dropped."""
    body = ask("POST", "/_api/collection", {"name": "e", "type": 3, "waitForSync": True}).document()
    assert (body["type"], body["waitForSync"], body["isSystem"]) == (3, True, False)
    assert ask("POST", "/_api/document/e", {"_from": "c/1", "_to": "c/2"}).status == 201
    assert ask("GET", "/_api/collection/e/count").document()["count"] == 1
    assert ask("PUT", "/_api/collection/e/rename", {"name": "f"}).document()["name"] == "f"
    assert ask("PUT", "/_api/collection/f/truncate").status == 200
    body = ask("PUT", "/_api/collection/f/properties", {"waitForSync": False}).document()
    assert body["waitForSync"] is False
    for tail in ("figures", "revision", "checksum", "properties"):
        assert ask("GET", f"/_api/collection/f/{tail}").status == 200
    for tail in ("load", "unload", "compact", "recalculateCount", "loadIndexesIntoMemory"):
        assert ask("PUT", f"/_api/collection/f/{tail}").status == 200
    assert ask("DELETE", "/_api/collection/f").document()["id"] == body["id"]
    assert number(ask("GET", "/_api/collection/f")) == (404, 1203)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"name": "c"}, (409, 1207)),
        ({"name": ""}, (400, 1208)),
        ({}, (400, 1208)),
        ({"name": 5}, (400, 1208)),
        ({"name": "a/b"}, (400, 1208)),
        ({"name": "_x"}, (400, 1208)),
        ({"name": "x" * 300}, (400, 1208)),
        ({"name": "x", "type": 7}, (400, 1218)),
        ({"name": "x", "type": []}, (400, 1218)),
        ({"name": "x", "waitForSync": 1}, (400, 10)),
        ({"name": "x", "keyOptions": []}, (400, 10)),
        ({"name": "x", "keyOptions": {"type": "weird"}}, (400, 1232)),
        ({"name": "x", "keyOptions": {"type": "autoincrement", "increment": "a"}}, (400, 10)),
        ({"name": "x", "schema": {"rule": {"if": {}}}}, (501, 9)),
        ({"name": "x", "schema": {"rule": 5}}, (400, 10)),
        ({"name": "x", "schema": {"rule": {"type": "thing"}}}, (400, 10)),
        ({"name": "x", "schema": {"rule": {"pattern": "("}}}, (400, 10)),
        ([], (400, 400)),
    ],
)
def test_wrong_collections(ask, body, error):
    """A clear error each, and no collection."""
    assert number(ask("POST", "/_api/collection", body)) == error
    assert ask("GET", "/_api/collection/x").status == 404


def test_system_collections(ask):
    """Listed unless excluded, dropped only when told so."""
    names = [c["name"] for c in ask("GET", "/_api/collection").document()["result"]]
    assert "_users" in names
    body = ask("GET", "/_api/collection?excludeSystem=true").document()
    assert [c["name"] for c in body["result"]] == ["c"]
    assert number(ask("DELETE", "/_api/collection/_jobs")) == (403, 11)
    assert ask("DELETE", "/_api/collection/_jobs?isSystem=1").status == 200


def test_checksum_depends_on_content_not_on_order(ask):
    """The same documents in another order."""
    sums = []
    for keys in ("ab", "ba", "a"):
        ask("PUT", "/_api/collection/c/truncate")
        for key in keys:
            ask("POST", "/_api/document/c", {"_key": key})
        target = "/_api/collection/c/checksum?withData=1"
        sums.append(ask("GET", target).document()["checksum"])
    assert sums[0] == sums[1] != sums[2]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, 10),
        ({"type": "weird", "fields": ["a"]}, 10),
        ({"type": "persistent", "fields": []}, 10),
        ({"type": "persistent", "fields": "a"}, 10),
        ({"type": "persistent", "fields": [5]}, 10),
        ({"type": "persistent", "fields": ["a", "a"]}, 10),
        ({"type": "persistent", "fields": ["a"], "unique": 1}, 10),
        ({"type": "ttl", "fields": ["a"]}, 10),
        ({"type": "persistent", "fields": ["a"], "name": 5}, 10),
    ],
)
def test_wrong_indexes(ask, body, error):
    """400/10."""
    assert number(ask("POST", "/_api/index?collection=c", body)) == (400, error)


@pytest.mark.parametrize(
    "definition",
    [
        {"type": "persistent", "fields": ["val"]},
        {"type": "fulltext", "fields": ["text"]},
        {"type": "geo", "fields": ["loc"], "geoJson": True},
        {"type": "ttl", "fields": ["t"], "expireAfter": 60},
        {"type": "inverted", "fields": [{"name": "x"}]},
        {"type": "mdi", "fields": ["x", "y"], "fieldValueTypes": "double"},
    ],
)
def test_index_life(ask, definition):
    """Created once, found again, shown by id and name, dropped."""
    made = ask("POST", "/_api/index?collection=c", {**definition, "name": "mine"})
    body = made.document()
    assert (made.status, body["isNewlyCreated"], body["id"][:2]) == (201, True, "c/")
    again = ask("POST", "/_api/index?collection=c", definition)
    assert (again.status, again.document()["isNewlyCreated"]) == (200, False)
    assert again.document()["id"] == body["id"]
    assert ask("GET", f"/_api/index/{body['id']}").document()["fields"] == definition["fields"]
    assert ask("GET", "/_api/index/c/mine").document()["id"] == body["id"]
    listed = ask("GET", "/_api/index?collection=c").document()
    assert [index["type"] for index in listed["indexes"]] == ["primary", definition["type"]]
    assert ask("DELETE", f"/_api/index/{body['id']}").document()["id"] == body["id"]
    assert number(ask("DELETE", f"/_api/index/{body['id']}")) == (404, 1212)
    assert number(ask("DELETE", "/_api/index/c/0")) == (403, 11)


def test_facts(ask, cluster):
    """Version, role, engine, time, tasks, metrics."""
    assert ask("GET", "/_api/version?details=0").document() == {
        "server": "arango", "license": "community", "version": "3.12.4",
    }  # fmt: skip
    assert "details" in ask("GET", "/_api/version?details=true").document()
    assert ask("GET", "/_admin/server/role").document()["role"] == "SINGLE"
    assert cluster("GET", "/_admin/server/role").document()["role"] == "COORDINATOR"
    assert cluster("GET", "/_admin/server/id").document()["id"].startswith("CRDN-")
    assert ask("GET", "/_admin/time").document()["time"] == ask.clock.time()
    assert ask("GET", "/_api/tasks").document() == []
    assert ask("GET", "/_api/engine").document()["name"] == "rocksdb"
    text = ask("GET", "/_admin/metrics").body.decode()
    assert 'arangodb_scheduler_low_prio_queue_length{role="SINGLE"} 0' in text
    echo = ask("POST", "/_admin/echo", b"hi", x_test="1").document()
    assert (echo["requestBody"], echo["headers"]["x-test"]) == ("hi", "1")
    assert "authorization" not in echo["headers"]


def test_no_success_carries_an_error_number(ask):
    """Some clients take any errorNum for a failure."""
    for route in ask.deployment.router.routes:
        if route.method == "GET" and "{" not in route.template:
            response = ask("GET", route.template)
            if response.status < 300 and response.body[:1] == b"{":
                assert "errorNum" not in response.document(), route.name


@pytest.mark.parametrize("prefix", sorted(MISSING))
def test_what_is_missing_says_so(ask, prefix):
    """501/9 naming it; never an empty success."""
    methods = ("POST", "DELETE") if prefix == "/_api/tasks" else ("GET", "POST", "DELETE")
    for method in methods:
        response = ask(method, prefix)
        assert number(response) == (501, 9)
        assert MISSING[prefix] in response.document()["errorMessage"]


def test_cluster_refuses_to_rename(cluster):
    """501/1470."""
    response = cluster("PUT", "/_api/collection/c/rename", {"name": "d"})
    assert number(response) == (501, 1470)


def test_availability_falls_with_a_full_queue(ask):
    """503 from three quarters on."""
    scheduler = ask.deployment.coordinators[0].scheduler
    scheduler.queue_size = 4
    for _ in range(3):
        ask.submit("GET", "/_api/collection")
    assert ask("GET", "/_admin/server/availability").status == 503
