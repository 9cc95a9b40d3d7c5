"""python-arango, unmodified, against the embedded server."""

from __future__ import annotations

import time
from typing import Any

import pytest
from arango import ArangoClient
from arango import exceptions as errors
from tally import Tally

from arango_jobs.local import LocalServer

pytestmark = pytest.mark.local_only


def test_a_program_of_python_arangos_finds_what_it_expects(server: LocalServer):
    """At least 60 calls, each with what it gave."""
    tally = Tally()
    client = ArangoClient(hosts=server.url)
    system = client.db("_system", "root", "secret", verify=True)
    _users(tally, client, system)
    db = client.db("shop", "root", "secret")
    _collections(tally, db)
    _documents(tally, db)
    _many(tally, db)
    _queries(tally, db)
    _graph(tally, db)
    _jobs(tally, db)
    tally.gives(system.delete_database("shop"), True)
    tally.gives(system.databases(), ["_system"])
    client.close()
    assert tally.calls >= 60


def _users(tally: Tally, client: ArangoClient, system: Any) -> None:
    tally.gives(system.version().partition(".")[0], "3")
    tally.gives(system.create_database("shop"), True)
    tally.gives(sorted(system.databases()), ["_system", "shop"])
    tally.gives(system.has_database("shop"), True)
    tally.fails(errors.DatabaseCreateError, 1207, lambda: system.create_database("shop"))
    tally.gives_like(system.create_user("ann", "pw"), username="ann", active=True)
    tally.fails(errors.UserCreateError, 1702, lambda: system.create_user("ann", "pw"))
    tally.gives(system.has_user("ann"), True)
    tally.gives(system.permission("ann", "shop"), "none")
    ann = client.db("shop", "ann", "pw")
    tally.fails(errors.CollectionListError, 11, ann.collections)
    tally.gives(system.update_permission("ann", "ro", "shop"), True)
    tally.fails(errors.CollectionCreateError, 11, lambda: ann.create_collection("mine"))
    tally.gives(system.reset_permission("ann", "shop"), True)
    tally.gives_like(system.update_user("ann", active=False), active=False)
    tally.gives(system.delete_user("ann"), True)
    tally.gives(system.delete_user("ann", ignore_missing=True), False)
    token = client.db("_system", "root", "secret", auth_method="jwt")
    tally.gives(token.properties()["name"], "_system")


def _collections(tally: Tally, db: Any) -> None:
    tally.gives(db.create_collection("goods").name, "goods")
    tally.fails(errors.CollectionCreateError, 1207, lambda: db.create_collection("goods"))
    tally.gives(db.has_collection("goods"), True)
    tally.gives([one["name"] for one in db.collections() if not one["system"]], ["goods"])
    goods = db.collection("goods")
    tally.gives_like(goods.properties(), name="goods", edge=False)
    tally.gives_like(goods.configure(sync=True), sync=True)
    index = {"type": "persistent", "fields": ["code"], "unique": True, "sparse": True}
    tally.gives_like(goods.add_index(index), type="persistent", unique=True, sparse=True)
    tally.gives([one["type"] for one in goods.indexes()], ["primary", "persistent"])


def _documents(tally: Tally, db: Any) -> None:
    goods = db.collection("goods")
    meta = tally.gives_like(goods.insert({"_key": "a", "code": 1, "n": 1}), _id="goods/a")
    tally.fails(errors.DocumentInsertError, 1210, lambda: goods.insert({"_key": "a"}))
    tally.fails(errors.DocumentInsertError, 1210, lambda: goods.insert({"code": 1}))
    tally.fails(errors.DocumentInsertError, 1221, lambda: goods.insert({"_key": "a/b"}))
    tally.gives_like(goods.get("a"), code=1, _rev=meta["_rev"])
    tally.gives(goods.get("missing"), None)
    tally.gives(goods.has("a"), True)
    tally.gives("missing" in goods, False)
    stale = {"_key": "a", "_rev": "_stale"}
    tally.fails(errors.DocumentRevisionError, 1200, lambda: goods.update(stale))
    tally.gives_like(goods.update({"_key": "a", "n": 2}), _old_rev=meta["_rev"])
    new = goods.update({"_key": "a", "n": None}, keep_none=False, return_new=True)["new"]
    tally.gives("n" in new, False)
    tally.gives_like(goods.replace({"_key": "a", "code": 2}, return_old=True)["old"], code=1)
    tally.gives(goods.insert({"_key": "a", "code": 3}, overwrite=True, silent=True), True)
    tally.gives(goods.delete("missing", ignore_missing=True), False)
    tally.fails(errors.DocumentDeleteError, 1202, lambda: goods.delete("missing"))
    tally.gives_like(goods.delete("a", return_old=True)["old"], code=3)


def _many(tally: Tally, db: Any) -> None:
    goods = db.collection("goods")
    inserted = goods.insert_many([{"_key": str(n), "n": n} for n in range(5)])
    tally.gives([one["_key"] for one in inserted], ["0", "1", "2", "3", "4"])
    second = goods.insert_many([{"_key": "5"}, {"_key": "0"}])[1]
    tally.gives((type(second), second.error_code), (errors.DocumentInsertError, 1210))
    tally.gives(goods.update_many([{"_key": "5", "n": 5}], silent=True), True)
    found = goods.delete_many(["5", "missing"])[1]
    tally.gives((type(found), found.error_code), (errors.DocumentDeleteError, 1202))
    tally.gives([one["_key"] for one in goods.get_many(["0", "missing", "4"])], ["0", "4"])
    documents = [{"_key": "0"}, {"_key": "6", "n": 6}]
    counted = goods.import_bulk(documents, halt_on_error=False)
    tally.gives_like(counted, created=1, errors=1, ignored=0)
    tally.gives_like(goods.import_bulk(documents, on_duplicate="ignore"), created=0, ignored=2)
    tally.fails(errors.DocumentInsertError, 1210, lambda: goods.import_bulk(documents))
    tally.gives(goods.count(), 6)
    tally.gives(len(goods), 6)
    tally.gives([one["_key"] for one in goods.find({"n": 6})], ["6"])
    tally.gives(goods.update_match({"n": 6}, {"m": 1}), 1)
    tally.gives(goods.delete_match({"m": 1}), 1)


def _queries(tally: Tally, db: Any) -> None:
    cursor = db.aql.execute(
        "FOR g IN @@c FILTER g.n >= @least SORT g.n RETURN g.n",
        bind_vars={"@c": "goods", "least": 1},
        batch_size=2,
        count=True,
        ttl=30,
    )
    tally.gives(cursor.count(), 4)
    tally.gives(list(cursor), [1, 2, 3, 4])
    left = db.aql.execute("FOR i IN 1..9 RETURN i", batch_size=2)
    tally.gives(left.close(), True)
    tally.fails(errors.CursorNextError, 1600, left.fetch)
    tally.fails(errors.AQLQueryExecuteError, 1501, lambda: db.aql.execute("FOR g IN"))
    tally.fails(errors.AQLQueryExecuteError, 1203, lambda: db.aql.execute("FOR g IN x RETURN g"))
    tally.gives(db.aql.validate("RETURN @a")["bind_vars"], ["a"])
    tally.fails(errors.AQLQueryValidateError, 1501, lambda: db.aql.validate("RETURN"))
    tally.gives("nodes" in db.aql.explain("FOR g IN goods RETURN g"), True)
    tally.gives(db.aql.queries(), [])
    written = db.aql.execute("FOR g IN goods UPDATE g WITH {x: 1} IN goods RETURN NEW.x")
    tally.gives((list(written), written.statistics()["modified"]), ([1] * 5, 5))


def _graph(tally: Tally, db: Any) -> None:
    graph = db.create_graph("web")
    tally.gives(db.has_graph("web"), True)
    tally.gives(graph.create_vertex_collection("page").name, "page")
    tally.gives(graph.create_edge_definition("link", ["page"], ["page"]).name, "link")
    pages, links = graph.vertex_collection("page"), graph.edge_collection("link")
    tally.gives_like(pages.insert({"_key": "p"}), _id="page/p")
    tally.gives_like(pages.insert({"_key": "q"}), _id="page/q")
    tally.gives_like(links.link("page/p", "page/q", {"_key": "pq"}), _id="link/pq")
    tally.gives([edge["_key"] for edge in links.edges("page/p", "out")["edges"]], ["pq"])
    walk = "FOR v IN 1..1 OUTBOUND 'page/p' GRAPH 'web' RETURN v._key"
    tally.gives(list(db.aql.execute(walk)), ["q"])
    tally.gives(graph.delete_vertex("page/p"), True)
    tally.gives(links.get("pq"), None)
    tally.gives(db.delete_graph("web", drop_collections=True), True)


def _jobs(tally: Tally, db: Any) -> None:
    later = db.begin_async_execution(return_result=True)
    job = later.collection("goods").insert({"_key": "job"})
    _wait(job)
    tally.gives(job.status(), "done")
    tally.gives(db.async_jobs("done"), [job.id])
    tally.gives_like(job.result(), _id="goods/job")
    tally.fails(errors.AsyncJobResultError, 404, job.result)
    failing = later.collection("goods").insert({"_key": "job"})
    _wait(failing)
    tally.fails(errors.DocumentInsertError, 1210, failing.result)
    slow = later.aql.execute("RETURN SLEEP(30)")
    tally.gives(slow.status(), "pending")
    tally.fails(errors.AsyncJobResultError, 204, slow.result)
    tally.gives(db.async_jobs("pending"), [slow.id])
    tally.gives(slow.cancel(), True)
    _wait(slow)
    tally.fails(errors.AQLQueryExecuteError, 21, slow.result)
    cleared = later.aql.execute("RETURN 1")
    _wait(cleared)
    tally.gives(cleared.clear(), True)
    tally.gives(cleared.clear(ignore_missing=True), False)
    tally.fails(errors.AsyncJobStatusError, 404, cleared.status)
    tally.gives(db.clear_async_jobs(), True)
    forgotten = db.begin_async_execution(return_result=False)
    tally.gives(forgotten.collection("goods").insert({"_key": "gone"}), None)


def _wait(job: Any) -> None:
    while job.status() == "pending":
        time.sleep(0.01)
