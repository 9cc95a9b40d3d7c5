"""Two writers of one document, the first one unfinished: every pair, and what readers see."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from local_writers import INITIAL, KEY, KINDS, MANY, QUERIES, SINGLES, Kind, Scene, outcome

CONFLICT = 1200
Meanwhile = Callable[[], None]


def in_query(scene: Scene, kind: Kind, meanwhile: Meanwhile, *, fails: bool) -> int:
    """Write by a query that sleeps after it has written."""
    ending = "FAIL('no')" if fails else "1"
    text = QUERY_TEXTS[kind.name] + f" LET slept = SLEEP(1) RETURN {ending}"
    scene.clock.meanwhile = meanwhile
    return outcome(scene.query(text))


QUERY_TEXTS = {
    "aql insert": "INSERT {_key: 'k', n: 1} INTO c",
    "aql update": "UPDATE 'k' WITH {n: 1} IN c",
    "aql replace": "REPLACE 'k' WITH {n: 1} IN c",
    "aql remove": "REMOVE 'k' IN c",
    "aql upsert that inserts": "UPSERT {_key: 'k'} INSERT {_key: 'k', n: 1} UPDATE {n: 1} IN c",
    "aql upsert that updates": "UPSERT {_key: 'k'} INSERT {_key: 'k', n: 1} UPDATE {n: 1} IN c",
    "aql loop": "FOR d IN c FILTER d._key == 'k' UPDATE d WITH {n: 1} IN c",
    "aql overwriting insert": ("INSERT {_key: 'k', n: 1} INTO c OPTIONS {overwriteMode: 'update'}"),
}


def in_transaction(scene: Scene, kind: Kind, meanwhile: Meanwhile, *, fails: bool) -> int:
    """Write in a stream transaction."""
    trx = scene.begin()
    written = outcome(kind.run(scene, 1, {"x_arango_trx_id": trx}))
    meanwhile()
    ended = scene.ask("DELETE" if fails else "PUT", f"/_api/transaction/{trx}")
    assert ended.status == 200
    return written


def pairs() -> Iterator[tuple[str, Kind, Kind]]:
    """Return who writes first, in what, and who comes second."""
    for first in QUERIES:
        for second in KINDS:
            if first.needs_document == second.needs_document:
                yield "query", first, second
    for first in KINDS:
        for second in KINDS:
            if first.needs_document == second.needs_document:
                yield "transaction", first, second


PAIRS = list(pairs())
WRITERS = {"query": in_query, "transaction": in_transaction}


@pytest.mark.parametrize("second_in", ["its own", "transaction"])
@pytest.mark.parametrize("fails", [False, True], ids=["commits", "fails"])
@pytest.mark.parametrize("how", WRITERS)
def test_second_writer_is_refused(how, fails, second_in):
    """Every pair: 1200 for the second, and at the end what the first one left."""
    scene = Scene()
    for way, first, second in PAIRS:
        if way == how:
            check_pair(scene, how, first, second, fails=fails, second_in=second_in)


def check_pair(
    scene: Scene, how: str, first: Kind, second: Kind, *, fails: bool, second_in: str
) -> None:
    scene.reset(has_document=first.needs_document)
    before = scene.stored()
    seen: list[object] = []

    def meanwhile() -> None:
        seen.append(scene.stored())
        headers = {} if second_in == "its own" else {"x_arango_trx_id": scene.begin()}
        seen.append(outcome(second.run(scene, 2, headers)))
        seen.append(scene.stored())
        if headers:
            scene.ask("DELETE", f"/_api/transaction/{headers['x_arango_trx_id']}")

    WRITERS[how](scene, first, meanwhile, fails=fails)
    pair = f"{first.name} in a {how}, then {second.name}"
    assert seen == [before, CONFLICT, before], pair
    assert scene.stored() == (before if fails else None if first.removes else 1), pair
    check_clean(scene)


def check_clean(scene: Scene) -> None:
    """Nothing is claimed, locked or kept when all have ended."""
    store = scene.ask.deployment.store
    collection = store.database("_system").collection("c")
    assert not collection.claims
    assert collection.access.owner is None
    assert not collection.access.writers
    assert not store.versions.is_watched
    assert store.limits.documents == sum(
        c.count() for c in store.database("_system").collections.values()
    )
    for index in collection.indexes:
        assert not index.claims
        for document in collection.all():
            assert document in collection.find(index, (document.get("n"),))


@pytest.mark.parametrize("kind", [k for k in KINDS if k.needs_document], ids=lambda k: k.name)
def test_write_to_another_document_stays(kind):
    """What a failed query takes back is its own, and nothing else."""
    scene = Scene(has_document=True)
    scene.ask("POST", "/_api/document/c", {"_key": "a", "n": 0})
    scene.clock.meanwhile = lambda: seen.append(outcome(kind.run(scene, 2, {})))
    seen: list[int] = []
    query = "UPDATE 'a' WITH {n: 1} IN c LET slept = SLEEP(1) RETURN FAIL('no')"
    assert outcome(scene.query(query)) == 1569
    assert seen == [0]
    assert scene.stored() == (None if kind.removes else 2)
    assert scene.ask("GET", "/_api/document/c/a").document()["n"] == 0
    check_clean(scene)


@pytest.mark.parametrize("kind", KINDS, ids=lambda k: k.name)
def test_write_after_the_snapshot_is_refused(kind):
    """A transaction or query that has read cannot write to what others changed since."""
    scene = Scene()
    for writer in KINDS:
        if writer.needs_document is not kind.needs_document:
            continue
        scene.reset(has_document=kind.needs_document)
        trx = scene.begin()
        assert outcome(kind.run(scene, 2, {})) == 0
        assert outcome(writer.run(scene, 1, {"x_arango_trx_id": trx})) == CONFLICT, writer.name
        assert scene.ask("PUT", f"/_api/transaction/{trx}").status == 200
        assert scene.stored() == (None if kind.removes else 2)
        check_clean(scene)


@pytest.mark.parametrize("kind", [k for k in KINDS if k.needs_document], ids=lambda k: k.name)
def test_read_then_write_in_one_query(kind):
    """The lost update: whoever read the old value cannot write a new one."""
    scene = Scene(has_document=True)
    scene.clock.meanwhile = lambda: kind.run(scene, 5, {})
    query = "LET d = DOCUMENT('c/k') LET s = SLEEP(1) UPDATE d WITH {n: d.n + 1} IN c"
    response = scene.query(query)
    assert (response.status, outcome(response)) == (409, CONFLICT)
    assert scene.stored() == (None if kind.removes else 5)
    check_clean(scene)


@pytest.mark.parametrize("first", MANY, ids=lambda k: k.name)
def test_array_that_is_not_finished(first):
    """Arrays and imports claim what they have written until their last element is stored."""
    scene = Scene(sleeps=True)
    for second in KINDS:
        if second.needs_document is not first.needs_document or first.removes:
            continue
        scene.reset(has_document=first.needs_document)
        before, seen = scene.stored(), []

        def in_second_element(second: Kind = second, seen: list[object] = seen) -> None:
            seen.append(scene.stored())
            seen.append(outcome(second.run(scene, 2, {})))

        def in_first_element(step: Meanwhile = in_second_element) -> None:
            scene.clock.meanwhile = step

        scene.clock.meanwhile = in_first_element
        assert outcome(two_elements(scene, first)) == 0
        assert seen == [before, CONFLICT], f"{first.name}, then {second.name}"
        assert scene.stored() == 1
        check_clean(scene)


def two_elements(scene: Scene, kind: Kind):
    """Write the document and then another one, by a request of some kind."""
    ask = scene.ask
    items = [{"_key": KEY, "n": 1}, {"_key": "new", "n": 1}]
    if kind.name.startswith("array"):
        method = {"insert": "POST", "update": "PATCH", "replace": "PUT"}[kind.name[6:]]
        if method != "POST":
            items[1]["_key"] = KEY
        return ask(method, "/_api/document/c", items)
    duplicate = {"updates": "update", "replaces": "replace"}.get(kind.name[12:], "error")
    complete = kind.name.endswith("completes")
    target = f"/_api/import?collection=c&type=array&onDuplicate={duplicate}&details=true"
    return ask("POST", f"{target}&complete={complete}", items)


@pytest.mark.parametrize("kind", SINGLES, ids=lambda k: k.name)
def test_single_write_that_computes(kind):
    """While it computes its values nothing is claimed; another write counts, and is built upon."""
    if kind.removes:
        return
    scene = Scene(has_document=kind.needs_document, sleeps=True)
    scene.ask("PATCH", f"/_api/document/c/{KEY}", {"m": 1})
    write = {"_key": KEY, "n": 7, "m": 2}
    seen = []
    scene.clock.meanwhile = lambda: seen.append(
        outcome(scene.ask("POST", "/_api/document/c?overwriteMode=update", write))
    )
    expected = 0 if kind.needs_document else 1210
    assert (outcome(kind.run(scene, 1, {})), seen) == (expected, [0])
    assert scene.stored() == (1 if kind.needs_document else 7)
    document = scene.ask("GET", f"/_api/document/c/{KEY}").document()
    kept = 2 if kind.name in ("update", "vertex update") else None
    assert document.get("m") == (kept if kind.needs_document else 2)
    check_clean(scene)


READERS = {
    "document": "RETURN DOCUMENT('c/k').n",
    "loop": "FOR d IN c RETURN d.n",
    "key": "FOR d IN c FILTER d._key == 'k' RETURN d.n",
    "index": "FOR n IN 0..9 FOR d IN c FILTER d.n == n RETURN d.n",
    "documents": "FOR d IN DOCUMENT(['c/k', 'c/none']) RETURN d.n",
    "argument": "FOR d IN PASSTHRU(c) RETURN d.n",
}


@pytest.mark.parametrize("reader", READERS)
def test_readers_see_the_state_of_their_beginning(reader):
    """However often they look, and whatever is committed meanwhile."""
    scene = Scene()
    for kind in KINDS:
        if not kind.needs_document:
            continue
        scene.reset(has_document=True)
        scene.clock.meanwhile = lambda kind=kind: kind.run(scene, 3, {})
        text = READERS[reader]
        query = (
            f"LET first = ({text}) LET slept = SLEEP(1) LET again = ({text}) "
            "RETURN [first, again, LENGTH(c), COLLECTION_COUNT('c')]"
        )
        assert scene.query(query).document()["result"] == [[[0], [0], 1, 1]], kind.name
        after = scene.query(text).document()["result"]
        assert [n for n in after if n is not None] == ([] if kind.removes else [3])
        check_clean(scene)


@pytest.mark.parametrize("reader", READERS)
def test_transaction_sees_its_own_writes(reader):
    """And others see them when it commits."""
    scene = Scene(has_document=True)
    trx = scene.begin()
    inside = {"x_arango_trx_id": trx}
    for kind in KINDS:
        if not kind.needs_document or kind.removes:
            continue
        assert outcome(kind.run(scene, 4, inside)) == 0
        assert scene.query(READERS[reader], **inside).document()["result"] == [4], kind.name
        assert scene.query(READERS[reader]).document()["result"] == [0]
        assert outcome(kind.run(scene, 0, inside)) == 0
    scene.ask("PATCH", f"/_api/document/c/{KEY}", {"n": 8}, **inside)
    scene.ask("PUT", f"/_api/transaction/{trx}")
    assert scene.query(READERS[reader]).document()["result"] == [8]
    check_clean(scene)


def test_conflict_names_the_document():
    """409/1200 with _key, _id and the committed _rev, as since 3.11."""
    scene = Scene(has_document=True)
    rev = scene.ask("GET", f"/_api/document/c/{KEY}").document()["_rev"]
    inside = {"x_arango_trx_id": scene.begin()}
    scene.ask("PATCH", f"/_api/document/c/{KEY}", {"n": 1}, **inside)
    response = scene.ask("PATCH", f"/_api/document/c/{KEY}", {"n": 2})
    body = response.document()
    assert (response.status, body["errorNum"], body["code"]) == (409, CONFLICT, 409)
    assert (body["_key"], body["_id"], body["_rev"]) == (KEY, f"c/{KEY}", rev)
    assert KEY in body["errorMessage"]
    many = scene.ask("PATCH", "/_api/document/c", [{"_key": KEY}, {"_key": "none"}])
    assert many.headers["X-Arango-Error-Codes"] == '{"1200":1,"1202":1}'


def test_ignored_insert_needs_no_claim():
    """An insert that would be ignored writes nothing."""
    scene = Scene(has_document=True)
    inside = {"x_arango_trx_id": scene.begin()}
    scene.ask("PATCH", f"/_api/document/c/{KEY}", {"n": 1}, **inside)
    response = scene.ask("POST", "/_api/document/c?overwriteMode=ignore", INITIAL)
    assert outcome(response) == 0


@pytest.mark.parametrize("is_inside", [False, True])
def test_intermediate_commits(is_inside):
    """A query on its own may commit before it ends; what failed later takes back the rest only."""
    scene = Scene(has_document=False)
    headers = {"x_arango_trx_id": scene.begin()} if is_inside else {}
    query = "FOR i IN 1..10 INSERT {_key: TO_STRING(i), n: i} INTO c RETURN "
    options = {"intermediateCommitCount": 4}
    failing = {"query": query + "FAIL('no')", "options": options}
    assert outcome(scene.ask("POST", "/_api/cursor", failing, **headers)) == 1569
    found = scene.query("FOR d IN c FILTER d.n > 0 SORT d.n RETURN d.n", **headers)
    assert found.document()["result"] == ([] if is_inside else [1, 2, 3, 4, 5, 6, 7, 8])
    if not is_inside:
        scene.reset(has_document=False)
    body = scene.ask("POST", "/_api/cursor", {**failing, "query": query + "1"}, **headers)
    assert body.document()["extra"]["stats"]["intermediateCommits"] == (0 if is_inside else 2)
    if is_inside:
        scene.ask("PUT", f"/_api/transaction/{headers['x_arango_trx_id']}")
    check_clean(scene)
