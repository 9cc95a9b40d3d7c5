// arangojs, unmodified, against the server at ARANGO_URL: each call with what it gave.
// Prints how many calls were made.

import { deepStrictEqual as same, rejects } from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { aql, Database } from "arangojs";

const url = process.env.ARANGO_URL;
const auth = { username: "root", password: process.env.ARANGO_PASSWORD };
let calls = 0;

async function gives(call, wanted) {
  calls += 1;
  same(await call, wanted, `call ${calls}`);
}

async function givesLike(call, wanted) {
  calls += 1;
  const found = await call;
  for (const [name, value] of Object.entries(wanted)) same(found[name], value, `call ${calls}`);
  return found;
}

async function fails(call, errorNum) {
  calls += 1;
  await rejects(call, (error) => {
    same(error.errorNum, errorNum, `call ${calls}`);
    return true;
  });
}

async function users(system) {
  await givesLike(system.version(), { server: "arango" });
  const shop = await system.createDatabase("shop");
  same(shop.name, "shop");
  await gives(system.listDatabases().then((names) => names.sort()), ["_system", "shop"]);
  await gives(shop.exists(), true);
  await fails(system.createDatabase("shop"), 1207);
  await givesLike(system.createUser("ann", { passwd: "pw" }), { user: "ann", active: true });
  await fails(system.createUser("ann", { passwd: "pw" }), 1702);
  await givesLike(system.getUser("ann"), { user: "ann" });
  await gives(system.getUserAccessLevel("ann", { database: "shop" }), "none");
  const ann = new Database({ url, databaseName: "shop", auth: { username: "ann", password: "pw" } });
  await fails(ann.listCollections(), 11);
  await givesLike(system.setUserAccessLevel("ann", { database: "shop" }, "ro"), { shop: "ro" });
  await fails(ann.createCollection("mine"), 11);
  await givesLike(system.updateUser("ann", { active: false }), { active: false });
  calls += 1;
  await system.removeUser("ann");
  await fails(system.getUser("ann"), 1703);
  ann.close();
  return shop;
}

async function collections(db) {
  await givesLike(db.createCollection("goods"), { name: "goods" });
  await fails(db.createCollection("goods"), 1207);
  await gives(db.listCollections().then((all) => all.map((one) => one.name)), ["goods"]);
  const goods = db.collection("goods");
  await gives(goods.exists(), true);
  await givesLike(goods.properties(), { name: "goods", type: 2 });
  await givesLike(goods.properties({ waitForSync: true }), { waitForSync: true });
  const index = { type: "persistent", fields: ["code"], unique: true, sparse: true };
  await givesLike(goods.ensureIndex(index), { isNewlyCreated: true, unique: true });
  await givesLike(goods.ensureIndex(index), { isNewlyCreated: false });
  await gives(goods.indexes().then((all) => all.map((one) => one.type)), ["primary", "persistent"]);
}

async function documents(goods) {
  const meta = await givesLike(goods.save({ _key: "a", code: 1, n: 1 }), { _id: "goods/a" });
  await fails(goods.save({ _key: "a" }), 1210);
  await fails(goods.save({ code: 1 }), 1210);
  await fails(goods.save({ _key: "a/b" }), 1221);
  await givesLike(goods.document("a"), { code: 1, _rev: meta._rev });
  await gives(goods.document("missing", true), null);
  await fails(goods.document("missing"), 1202);
  await gives(goods.documentExists("a"), true);
  await gives(goods.documentExists("missing"), false);
  await fails(goods.update("a", { n: 2 }, { ifMatch: "_stale" }), 1200);
  await givesLike(goods.update("a", { n: 2 }), { _oldRev: meta._rev });
  const updated = await goods.update("a", { n: null }, { keepNull: false, returnNew: true });
  await gives("n" in updated.new, false);
  const replaced = await goods.replace("a", { code: 2 }, { returnOld: true });
  await gives(replaced.old.code, 1);
  await givesLike(goods.save({ _key: "a", code: 3 }, { overwriteMode: "replace" }), { _key: "a" });
  await fails(goods.remove("missing"), 1202);
  const removed = await goods.remove("a", { returnOld: true });
  await gives(removed.old.code, 3);
}

async function many(goods) {
  const numbers = [0, 1, 2, 3, 4];
  const saved = await goods.saveAll(numbers.map((n) => ({ _key: `${n}`, n })));
  await gives(saved.map((one) => one._key), ["0", "1", "2", "3", "4"]);
  const [, taken] = await goods.saveAll([{ _key: "5" }, { _key: "0" }]);
  await gives([taken.error, taken.errorNum], [true, 1210]);
  const [changed] = await goods.updateAll([{ _key: "5", n: 5 }]);
  await gives(changed._key, "5");
  const [, missing] = await goods.removeAll(["5", "missing"]);
  await gives(missing.errorNum, 1202);
  const found = await goods.documents(["0", "4"]);
  await gives(found.map((one) => one._key), ["0", "4"]);
  const rows = [{ _key: "0" }, { _key: "6", n: 6 }];
  await givesLike(goods.import(rows), { created: 1, errors: 1 });
  await givesLike(goods.import(rows, { onDuplicate: "ignore" }), { created: 0, ignored: 2 });
  await fails(goods.import(rows, { complete: true }), 1210);
  await givesLike(goods.count(), { count: 6 });
}

async function queries(db, goods) {
  const least = 1;
  const query = aql`FOR g IN ${goods} FILTER g.n >= ${least} SORT g.n RETURN g.n`;
  const cursor = await db.query(query, { batchSize: 2, count: true });
  await gives(cursor.count, 5);
  await gives(cursor.all(), [1, 2, 3, 4, 6]);
  const left = await db.query("FOR i IN 1..9 RETURN i", {}, { batchSize: 2 });
  await gives(left.next(), 1);
  calls += 1;
  await left.kill();
  await fails(db.query("FOR g IN"), 1501);
  await fails(db.query("FOR g IN x RETURN g"), 1203);
  await givesLike(db.parse("RETURN @a"), { bindVars: ["a"] });
  await fails(db.parse("RETURN"), 1501);
  await gives(db.explain("FOR g IN goods RETURN g").then((one) => "plan" in one), true);
  await gives(db.listRunningQueries(), []);
  const written = await db.query("FOR g IN goods UPDATE g WITH {x: 1} IN goods RETURN NEW.x");
  await gives(written.all(), [1, 1, 1, 1, 1, 1]);
  await gives(written.extra.stats.writesExecuted, 6);
}

// The client leaves the promise of a call that failed as a job without anybody who handles it.
function asJob(db, call) {
  return db.createJob(() => {
    const result = call();
    result.catch(() => {});
    return result;
  });
}

async function done(job) {
  while (!(await job.getCompleted())) await sleep(10);
}

async function jobs(db, goods) {
  const job = await asJob(db, () => goods.save({ _key: "job" }));
  await done(job);
  await gives(db.listCompletedJobs(), [job.id]);
  await givesLike(job.load(), { _id: "goods/job" });
  await gives(job.isLoaded, true);
  const failing = await asJob(db, () => goods.save({ _key: "job" }));
  await done(failing);
  await fails(failing.load(), 1210);
  const slow = await asJob(db, () => db.query("RETURN SLEEP(30)"));
  await gives(slow.getCompleted(), false);
  await gives(db.listPendingJobs(), [slow.id]);
  calls += 1;
  await slow.cancel();
  await done(slow);
  await fails(slow.load(), 21);
  const cursor = await asJob(db, () => db.query("FOR i IN 1..5 RETURN i", {}, { batchSize: 2 }));
  await done(cursor);
  await gives(cursor.load().then((rows) => rows.all()), [1, 2, 3, 4, 5]);
  const dropped = await asJob(db, () => db.version());
  await done(dropped);
  calls += 1;
  await dropped.deleteResult();
  await gives(db.listCompletedJobs(), []);
  await fails(dropped.load(), 404);
  calls += 1;
  await db.deleteAllJobResults();
}

const system = new Database({ url, auth });
const shop = await users(system);
shop.useBasicAuth(auth.username, auth.password);
await collections(shop);
const goods = shop.collection("goods");
await documents(goods);
await many(goods);
await queries(shop, goods);
await jobs(shop, goods);
await gives(system.login(auth.username, auth.password).then((token) => token.split(".").length), 3);
await gives(system.dropDatabase("shop"), true);
await gives(system.listDatabases(), ["_system"]);
shop.close();
system.close();
console.log(JSON.stringify({ calls }));
