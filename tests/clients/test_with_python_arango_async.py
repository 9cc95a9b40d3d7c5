"""python-arango-async, unmodified, against the embedded server."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from arangoasync import ArangoClient
from arangoasync import exceptions as errors
from arangoasync.auth import Auth
from tally import Tally

from arango_jobs.local import LocalServer

pytestmark = [
    pytest.mark.local_only,
    # The driver's own affair, with the aiohttp of today.
    pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:The 'auth' parameter is deprecated:DeprecationWarning"),
]

ROOT = Auth("root", "secret")


def test_a_program_of_python_arango_asyncs_finds_what_it_expects(server: LocalServer):
    """At least 60 calls, each with what it gave."""
    tally = Tally()
    asyncio.run(_program(tally, server))
    assert tally.calls >= 60


async def _program(tally: Tally, server: LocalServer) -> None:
    async with ArangoClient(hosts=server.url) as client:
        system = await client.db("_system", auth=ROOT, verify=True)
        await _users(tally, client, system)
        db = await client.db("shop", auth_method="jwt", auth=ROOT, verify=True)
        await _collections(tally, db)
        await _documents(tally, db)
        await _many(tally, db)
        await _queries(tally, db)
        await _graph(tally, db)
        await _jobs(tally, await client.db("shop", auth=ROOT))
        tally.gives(await system.delete_database("shop"), True)
        tally.gives(await system.databases(), ["_system"])


async def _users(tally: Tally, client: ArangoClient, system: Any) -> None:
    tally.gives((await system.version())["server"], "arango")
    tally.gives(await system.create_database("shop"), True)
    tally.gives(sorted(await system.databases()), ["_system", "shop"])
    tally.gives(await system.has_database("shop"), True)
    await tally.fails_later(errors.DatabaseCreateError, 1207, system.create_database("shop"))
    user = {"user": "ann", "password": "pw", "active": True}
    tally.gives((await system.create_user(user)).user, "ann")
    await tally.fails_later(errors.UserCreateError, 1702, system.create_user(user))
    tally.gives(await system.has_user("ann"), True)
    tally.gives(await system.permission("ann", "shop"), "none")
    ann = await client.db("shop", auth=Auth("ann", "pw"))
    await tally.fails_later(errors.CollectionListError, 11, ann.collections())
    tally.gives(await system.update_permission("ann", "ro", "shop"), True)
    await tally.fails_later(errors.CollectionCreateError, 11, ann.create_collection("mine"))
    tally.gives(await system.delete_user("ann"), True)
    tally.gives(await system.delete_user("ann", ignore_missing=True), False)


async def _collections(tally: Tally, db: Any) -> None:
    goods = await db.create_collection("goods")
    tally.gives(goods.name, "goods")
    await tally.fails_later(errors.CollectionCreateError, 1207, db.create_collection("goods"))
    tally.gives(await db.has_collection("goods"), True)
    tally.gives([one.name for one in await db.collections() if not one.is_system], ["goods"])
    tally.gives((await goods.properties()).name, "goods")
    index = await goods.add_index("persistent", ["code"], {"unique": True, "sparse": True})
    tally.gives((index.type, index.unique), ("persistent", True))
    tally.gives([one.type for one in await goods.indexes()], ["primary", "persistent"])


async def _documents(tally: Tally, db: Any) -> None:
    goods = db.collection("goods")
    meta = tally.gives_like(await goods.insert({"_key": "a", "code": 1, "n": 1}), _id="goods/a")
    await tally.fails_later(errors.DocumentInsertError, 1210, goods.insert({"_key": "a"}))
    await tally.fails_later(errors.DocumentInsertError, 1210, goods.insert({"code": 1}))
    tally.gives_like(await goods.get("a"), code=1, _rev=meta["_rev"])
    tally.gives(await goods.get("missing"), None)
    tally.gives(await goods.has("a"), True)
    tally.gives(await goods.has("missing"), False)
    await tally.fails_later(errors.DocumentRevisionError, 1200, goods.get("a", if_match="_stale"))
    await tally.fails_later(
        errors.DocumentRevisionError,
        1200,
        goods.update({"_key": "a", "n": 3}, if_match="_stale"),
    )
    tally.gives_like(await goods.update({"_key": "a", "n": 2}), _oldRev=meta["_rev"])
    new = (await goods.update({"_key": "a", "n": None}, keep_null=False, return_new=True))["new"]
    tally.gives("n" in new, False)
    old = (await goods.replace({"_key": "a", "code": 2}, return_old=True))["old"]
    tally.gives_like(old, code=1)
    tally.gives(await goods.insert({"_key": "a", "code": 3}, overwrite=True, silent=True), True)
    await tally.fails_later(errors.DocumentDeleteError, 1202, goods.delete("missing"))
    tally.gives(await goods.delete("missing", ignore_missing=True), False)
    tally.gives_like((await goods.delete("a", return_old=True))["old"], code=3)


async def _many(tally: Tally, db: Any) -> None:
    goods = db.collection("goods")
    inserted = await goods.insert_many([{"_key": str(n), "n": n} for n in range(5)])
    tally.gives([one["_key"] for one in inserted], ["0", "1", "2", "3", "4"])
    both = await goods.insert_many([{"_key": "5"}, {"_key": "0"}])
    tally.gives((both[0]["_key"], both[1]["errorNum"]), ("5", 1210))
    updated = await goods.update_many([{"_key": "5", "n": 5}, {"_key": "missing"}])
    tally.gives((updated[0]["_key"], updated[1]["errorNum"]), ("5", 1202))
    deleted = await goods.delete_many([{"_key": "5"}, {"_key": "missing"}])
    tally.gives((deleted[0]["_key"], deleted[1]["errorNum"]), ("5", 1202))
    tally.gives([one["_key"] for one in await goods.get_many(["0", "4"])], ["0", "4"])
    lines = json.dumps([{"_key": "0"}, {"_key": "6", "n": 6}])
    counted = await goods.import_bulk(lines, doc_type="array", complete=False)
    tally.gives_like(counted, created=1, errors=1, ignored=0)
    counted = await goods.import_bulk(lines, doc_type="array", on_duplicate="ignore")
    tally.gives_like(counted, created=0, ignored=2)
    await tally.fails_later(
        errors.DocumentInsertError, 1210, goods.import_bulk(lines, doc_type="array")
    )
    tally.gives(await goods.count(), 6)
    tally.gives([one["_key"] async for one in await goods.find({"n": 6})], ["6"])
    tally.gives(await goods.update_match({"n": 6}, {"m": 1}), 1)
    tally.gives(await goods.delete_match({"m": 1}), 1)


async def _queries(tally: Tally, db: Any) -> None:
    cursor = await db.aql.execute(
        "FOR g IN @@c FILTER g.n >= @least SORT g.n RETURN g.n",
        bind_vars={"@c": "goods", "least": 1},
        batch_size=2,
        count=True,
    )
    tally.gives(cursor.count, 4)
    tally.gives([row async for row in cursor], [1, 2, 3, 4])
    left = await db.aql.execute("FOR i IN 1..9 RETURN i", batch_size=2)
    tally.gives(await left.close(), True)
    await tally.fails_later(errors.CursorNextError, 1600, left.fetch())
    await tally.fails_later(errors.AQLQueryExecuteError, 1501, db.aql.execute("FOR g IN"))
    await tally.fails_later(
        errors.AQLQueryExecuteError, 1203, db.aql.execute("FOR g IN x RETURN g")
    )
    tally.gives((await db.aql.validate("RETURN @a"))["bindVars"], ["a"])
    await tally.fails_later(errors.AQLQueryValidateError, 1501, db.aql.validate("RETURN"))
    tally.gives("plan" in await db.aql.explain("FOR g IN goods RETURN g"), True)
    tally.gives(await db.aql.queries(), [])
    written = await db.aql.execute("FOR g IN goods UPDATE g WITH {x: 1} IN goods RETURN NEW.x")
    tally.gives([row async for row in written], [1] * 5)
    tally.gives(written.statistics.writes_executed, 5)


async def _graph(tally: Tally, db: Any) -> None:
    graph = await db.create_graph("web")
    tally.gives(await db.has_graph("web"), True)
    tally.gives((await graph.create_vertex_collection("page")).name, "page")
    tally.gives((await graph.create_edge_definition("link", ["page"], ["page"])).name, "link")
    for key in ("p", "q"):
        tally.gives_like(await graph.insert_vertex("page", {"_key": key}), _id=f"page/{key}")
    tally.gives_like(await graph.link("link", "page/p", "page/q", {"_key": "pq"}), _id="link/pq")
    walk = "FOR v IN 1..1 OUTBOUND 'page/p' GRAPH 'web' RETURN v._key"
    tally.gives([key async for key in await db.aql.execute(walk)], ["q"])
    tally.gives(await graph.delete_vertex({"_id": "page/p"}), True)
    tally.gives(await graph.has_edge("link/pq"), False)
    tally.gives(await db.delete_graph("web", drop_collections=True), True)


async def _jobs(tally: Tally, db: Any) -> None:
    later = db.begin_async_execution(return_result=True)
    job = await later.collection("goods").insert({"_key": "job"})
    await _done(job)
    tally.gives(await job.status(), "done")
    tally.gives(await db.async_jobs("done"), [job.id])
    tally.gives_like(await job.result(), _id="goods/job")
    await tally.fails_later(errors.AsyncJobResultError, 404, job.result())
    failing = await later.collection("goods").insert({"_key": "job"})
    await _done(failing)
    await tally.fails_later(errors.DocumentInsertError, 1210, failing.result())
    slow = await later.aql.execute("RETURN SLEEP(30)")
    tally.gives(await slow.status(), "pending")
    tally.gives(await db.async_jobs("pending"), [slow.id])
    tally.gives(await slow.cancel(), True)
    await _done(slow)
    await tally.fails_later(errors.AQLQueryExecuteError, 21, slow.result())
    cleared = await later.aql.execute("RETURN 1")
    await _done(cleared)
    tally.gives(await cleared.clear(), True)
    tally.gives(await cleared.clear(ignore_missing=True), False)
    await tally.fails_later(errors.AsyncJobStatusError, 404, cleared.status())
    cursor_job = await later.aql.execute("FOR i IN 1..5 RETURN i", batch_size=2)
    await _done(cursor_job)
    tally.gives([row async for row in await cursor_job.result()], [1, 2, 3, 4, 5])
    tally.gives(await db.clear_async_jobs(), None)
    forgotten = db.begin_async_execution(return_result=False)
    tally.gives(await forgotten.collection("goods").insert({"_key": "gone"}), None)


async def _done(job: Any) -> None:
    while await job.status() == "pending":
        await asyncio.sleep(0.01)
