"""Any interleaving of transactions, against a small model of snapshots with first writer wins."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from local_asking import Asker, make

from arango_jobs.testing import FakeClock

KEYS = ("a", "b", "c")
CONFLICT, EXISTS, MISSING = 1200, 1210, 1202
keys = st.sampled_from(KEYS)
numbers = st.integers(0, 3)
kinds = st.sampled_from(("insert", "update", "remove", "upsert"))


@dataclass
class Transaction:
    """What the model knows of a stream transaction."""

    id: str
    snapshot: dict[str, int]
    begun: int
    writes: dict[str, int | None] = field(default_factory=dict)

    def sees(self) -> dict[str, int]:
        """Return the documents' numbers by key."""
        seen: dict[str, int | None] = {**self.snapshot, **self.writes}
        return {key: n for key, n in seen.items() if n is not None}


class Interleaving(RuleBasedStateMachine):
    """Some transactions and single writes over three documents of one collection."""

    def __init__(self) -> None:
        super().__init__()
        self.ask: Asker = make(FakeClock())
        self.ask("POST", "/_api/collection", {"name": "c", "type": 3})
        self.ask("POST", "/_api/index?collection=c", {"type": "persistent", "fields": ["n"]})
        self.committed: dict[str, int] = {}
        # The number of the commit that changed a key last.
        self.changed = dict.fromkeys(KEYS, 0)
        self.commits = 0
        self.open: list[Transaction] = []

    # the model

    def expected(self, kind: str, key: str, transaction: Transaction | None) -> int:
        """Return the error number that a write gets."""
        for other in self.open:
            if other is not transaction and key in other.writes:
                return CONFLICT
        is_first = transaction is not None and key not in transaction.writes
        if is_first and self.changed[key] > transaction.begun:
            return CONFLICT
        seen = self.committed if transaction is None else transaction.sees()
        if kind == "insert" and key in seen:
            return EXISTS
        return MISSING if kind in ("update", "remove") and key not in seen else 0

    def note(self, kind: str, key: str, n: int, transaction: Transaction | None) -> None:
        value = None if kind == "remove" else n
        if transaction is not None:
            transaction.writes[key] = value
        else:
            self.commit({key: value})

    def commit(self, writes: dict[str, int | None]) -> None:
        self.commits += 1
        for key, n in writes.items():
            self.changed[key] = self.commits
            if n is None:
                self.committed.pop(key, None)
            else:
                self.committed[key] = n

    # the server

    def chosen(self, number: int) -> tuple[Transaction | None, dict[str, str]]:
        """Return one of the transactions, or none, and the headers that name it."""
        if number >= len(self.open):
            return None, {}
        return self.open[number], {"x_arango_trx_id": self.open[number].id}

    def send(self, kind: str, key: str, n: int, how: str, headers: dict[str, str]) -> int:
        """Write, and return the error number."""
        body = {"_key": key, "n": n, "_from": f"v/{n}", "_to": "v/x"}
        if how == "query":
            text = {
                "insert": "INSERT @d INTO c",
                "update": "UPDATE @d IN c",
                "remove": "REMOVE @d._key IN c",
                "upsert": "INSERT @d INTO c OPTIONS {overwriteMode: 'update'}",
            }[kind]
            bind = {"query": text, "bindVars": {"d": body}}
            response = self.ask("POST", "/_api/cursor", bind, **headers)
            return 0 if response.status == 201 else int(response.document()["errorNum"])
        method, target = {
            "insert": ("POST", "/_api/document/c"),
            "update": ("PATCH", "/_api/document/c"),
            "remove": ("DELETE", "/_api/document/c"),
            "upsert": ("POST", "/_api/document/c?overwriteMode=update"),
        }[kind]
        if how == "array":
            answer = self.ask(method, target, [body], **headers).document()[0]
            return int(answer.get("errorNum", 0))
        if kind in ("update", "remove"):
            target += f"/{key}"
        response = self.ask(method, target, body, **headers)
        return 0 if response.status < 300 else int(response.document()["errorNum"])

    # rules

    @initialize()
    def begin_some(self) -> None:
        self.begin()
        self.begin()

    def begin(self) -> None:
        body = {"collections": {"write": ["c"]}}
        found = self.ask("POST", "/_api/transaction/begin", body).document()["result"]["id"]
        self.open.append(Transaction(found, dict(self.committed), self.commits))

    @rule(
        kind=kinds,
        key=keys,
        n=numbers,
        number=st.integers(0, 2),
        how=st.sampled_from(("single", "array", "query")),
    )
    def write(self, kind: str, key: str, n: int, number: int, how: str) -> None:
        transaction, headers = self.chosen(number)
        expected = self.expected(kind, key, transaction)
        assert self.send(kind, key, n, how, headers) == expected
        if not expected:
            self.note(kind, key, n, transaction)

    @rule(writes=st.dictionaries(keys, numbers, min_size=1), number=st.integers(0, 2))
    def failing_query(self, writes: dict[str, int], number: int) -> None:
        """A query that fails leaves no trace, not even in its transaction."""
        _, headers = self.chosen(number)
        text = "FOR d IN @all INSERT d INTO c OPTIONS {overwriteMode: 'update'} RETURN FAIL('no')"
        documents = [
            {"_key": key, "n": n, "_from": f"v/{n}", "_to": "v/x"} for key, n in writes.items()
        ]
        body = {"query": text, "bindVars": {"all": documents}}
        response = self.ask("POST", "/_api/cursor", body, **headers)
        assert response.document()["errorNum"] in (1569, CONFLICT)

    @rule(number=st.integers(0, 1), keeps=st.booleans())
    def end(self, number: int, keeps: bool) -> None:
        """End a transaction, and begin another one."""
        transaction = self.open.pop(number)
        method = "PUT" if keeps else "DELETE"
        assert self.ask(method, f"/_api/transaction/{transaction.id}").status == 200
        if keeps and transaction.writes:
            self.commit(transaction.writes)
        self.begin()

    # what everybody sees

    @invariant()
    def everybody_sees_their_own_state(self) -> None:
        for number in range(len(self.open) + 1):
            transaction, headers = self.chosen(number)
            expected = self.committed if transaction is None else transaction.sees()
            assert self.seen(headers) == expected_view(expected)

    def seen(self, headers: dict[str, str]) -> dict[str, Any]:
        """Return what each way to read finds."""
        text = (
            "RETURN {loop: (FOR d IN c SORT d._key RETURN [d._key, d.n]),"
            " index: (FOR n IN 0..3 FOR d IN c FILTER d.n == n SORT d._key RETURN [d._key, n]),"
            " edges: (FOR n IN 0..3 FOR v, e IN OUTBOUND CONCAT('v/', n) c"
            "   SORT e._key RETURN [e._key, n]),"
            " count: LENGTH(c)}"
        )
        response = self.ask("POST", "/_api/cursor", {"query": text}, **headers)
        found: dict[str, Any] = response.document()["result"][0]
        return found

    @invariant()
    def nothing_is_left_behind(self) -> None:
        store = self.ask.deployment.store
        collection = store.database("_system").collection("c")
        assert set(collection.claims) == {key for t in self.open for key in t.writes}
        assert store.versions.is_watched == bool(self.open)
        own = sum(
            (n is not None) - (key in self.committed)
            for transaction in self.open
            for key, n in transaction.writes.items()
        )
        assert store.limits.documents == len(self.committed) + own


def expected_view(documents: dict[str, int]) -> dict[str, Any]:
    """Return what each way to read must find."""
    loop = [[key, documents[key]] for key in sorted(documents)]
    return {"loop": loop, "index": loop, "edges": loop, "count": len(documents)}


Interleaving.TestCase.settings = settings(
    max_examples=60,
    stateful_step_count=25,
    deadline=None,
    derandomize=True,
    # Tracing lines, to explain a failure, takes minutes here.
    phases=set(Phase) - {Phase.explain},
)
TestInterleaving = Interleaving.TestCase


UNIQUE_WRITES = {
    "insert": ("POST", "/_api/document/c", {"_key": "new", "u": 1}),
    "update": ("PATCH", "/_api/document/c/other", {"u": 1}),
    "replace": ("PUT", "/_api/document/c/other", {"u": 1}),
}


@pytest.fixture
def unique() -> Asker:
    """Return a server with a unique index and two documents, of which ``k`` has the value 1."""
    ask = make(FakeClock())
    ask("POST", "/_api/collection", {"name": "c"})
    index = {"type": "persistent", "fields": ["u"], "unique": True, "sparse": True}
    ask("POST", "/_api/index?collection=c", index)
    ask("POST", "/_api/document/c", [{"_key": "k", "u": 1}, {"_key": "other", "u": 9}])
    return ask


def begin(ask: Asker) -> dict[str, str]:
    """Begin a stream transaction, and return the header that names it."""
    body = {"collections": {"write": ["c"]}}
    found = ask("POST", "/_api/transaction/begin", body).document()["result"]["id"]
    return {"x_arango_trx_id": found}


@pytest.mark.parametrize("ends", ["PUT", "DELETE"])
@pytest.mark.parametrize("second_is_inside", [False, True])
@pytest.mark.parametrize("name", UNIQUE_WRITES)
@pytest.mark.parametrize("first", ["takes", "frees"])
def test_value_of_a_unique_index(unique, first, name, second_is_inside, ends):
    """Taken or freed by somebody unfinished: 1200; after the end 1210 or nothing."""
    method, target, body = UNIQUE_WRITES[name]
    if first == "takes":
        unique("DELETE", "/_api/document/c/k")
    inside = begin(unique)
    second = begin(unique) if second_is_inside else {}
    if first == "takes":
        unique("POST", "/_api/document/c", {"_key": "taker", "u": 1}, **inside)
    else:
        unique("PATCH", "/_api/document/c/k", {"u": 2}, **inside)
    refused = unique(method, target, body, **second)
    assert (refused.status, refused.document()["errorNum"]) == (409, CONFLICT)
    unique(ends, f"/_api/transaction/{inside['x_arango_trx_id']}")
    is_taken = (first == "takes") is (ends == "PUT")
    again = unique(method, target, body, **second)
    number = 0 if again.status == 202 else again.document()["errorNum"]
    # A snapshot from before that commit cannot tell any more.
    late = second_is_inside and ends == "PUT"
    assert number == (CONFLICT if late else EXISTS if is_taken else 0)


def test_unique_value_within_one_transaction(unique):
    """Its own writes count: a value is free once its holder has changed, and taken once given."""
    inside = begin(unique)
    assert unique("POST", "/_api/document/c", {"_key": "x", "u": 1}, **inside).status == 409
    assert unique("PATCH", "/_api/document/c/k", {"u": 2}, **inside).status == 202
    assert unique("POST", "/_api/document/c", {"_key": "x", "u": 1}, **inside).status == 202
    taken = unique("POST", "/_api/document/c", {"_key": "y", "u": 1}, **inside)
    assert taken.document()["errorNum"] == EXISTS
    failing = {"query": "UPDATE 'x' WITH {u: 5} IN c RETURN FAIL('no')"}
    unique("POST", "/_api/cursor", failing, **inside)
    taken = unique("POST", "/_api/document/c", {"_key": "y", "u": 1}, **inside)
    assert taken.document()["errorNum"] == EXISTS
    unique("PUT", f"/_api/transaction/{inside['x_arango_trx_id']}")
    query = {"query": "FOR d IN c SORT d._key RETURN [d._key, d.u]"}
    shown = unique("POST", "/_api/cursor", query).document()["result"]
    assert shown == [["k", 2], ["other", 9], ["x", 1]]
    assert not unique.deployment.store.database("_system").collection("c").indexes[0].claims
