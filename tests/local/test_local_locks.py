"""Exclusive access to collections, and one request at a time in a stream transaction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from local_asking import SECRET, Asker, basic
from local_writers import PausingClock, outcome

from arango_jobs.local.deployment import Deployment
from arango_jobs.local.messages import Request, Response
from arango_jobs.local.options import ServerOptions
from arango_jobs.local.scheduler import ManualExecutor

LOCK_TIMEOUT = 18


class PatientExecutor(ManualExecutor):
    """An executor whose pauses end when the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.pauses: list[Callable[[], None]] = []

    def later(self, seconds: float, step: Callable[[], None]) -> None:
        self.pauses.append(step)


class Server(Asker):
    """A server with a collection ``c``, whose requests may stay unanswered for a while."""

    def __init__(self) -> None:
        self.executor = PatientExecutor()
        self.pausing = PausingClock()
        deployment = Deployment(
            ServerOptions(lock_timeout=60.0),
            executor=self.executor,
            clock=self.pausing,
            jwt_secret=SECRET,
        )
        super().__init__(deployment, self.pausing)
        self("POST", "/_api/collection", {"name": "c"})
        self("POST", "/_api/document/c", {"_key": "k", "n": 0})

    def send(self, method: str, target: str, body: Any = None, **headers: str) -> list[Response]:
        """Send a request; the answer is in the list when it comes."""
        answers: list[Response] = []
        names = {name.replace("_", "-"): value for name, value in headers.items()} | basic()
        request = Request(method, target, names, orjson.dumps(body))
        self.deployment.coordinators[0].dispatch(request, answers.append)
        self.run()
        return answers

    def begin(self, mode: str, **options: Any) -> list[Response]:
        """Begin a stream transaction that writes to the collection."""
        body = {"collections": {mode: ["c"]}, **options}
        return self.send("POST", "/_api/transaction/begin", body)

    def end(self, begun: list[Response], method: str = "PUT") -> None:
        """Commit or abort a transaction."""
        assert self.send(method, f"/_api/transaction/{id_of(begun)}")[0].status == 200
        self.run()


def id_of(begun: list[Response]) -> str:
    """Return a transaction's id."""
    found: str = begun[0].document()["result"]["id"]
    return found


@pytest.fixture
def server() -> Server:
    return Server()


WRITES: dict[str, tuple[str, str, Any]] = {
    "insert": ("POST", "/_api/document/c", {"_key": "new"}),
    "update": ("PATCH", "/_api/document/c/k", {"n": 1}),
    "remove": ("DELETE", "/_api/document/c/k", None),
    "array": ("POST", "/_api/document/c", [{"_key": "new"}]),
    "import": ("POST", "/_api/import?collection=c&type=list", [{"_key": "new"}]),
    "query": ("POST", "/_api/cursor", {"query": "UPDATE 'k' WITH {n: 1} IN c"}),
    "exclusive query": (
        "POST",
        "/_api/cursor",
        {"query": "UPDATE 'k' WITH {n: 1} IN c OPTIONS {exclusive: true}"},
    ),
    "write": ("POST", "/_api/transaction/begin", {"collections": {"write": ["c"]}}),
    "exclusive": ("POST", "/_api/transaction/begin", {"collections": {"exclusive": ["c"]}}),
    "truncate": ("PUT", "/_api/collection/c/truncate", None),
    "index": ("POST", "/_api/index?collection=c", {"type": "persistent", "fields": ["n"]}),
}
ALONE = ("exclusive query", "exclusive", "truncate", "index")


@pytest.mark.parametrize("name", WRITES)
@pytest.mark.parametrize("ending", ["PUT", "DELETE"])
def test_writes_wait_for_exclusive_access(server, name, ending):
    """Reading goes on; what writes waits for the end of the transaction, and then goes on."""
    begun = server.begin("exclusive")
    inside = {"x_arango_trx_id": id_of(begun)}
    assert outcome(server.send("PATCH", "/_api/document/c/k", {"n": 5}, **inside)[0]) == 0
    answers = server.send(*WRITES[name])
    read = {"query": "FOR d IN c RETURN d.n"}
    assert server.send("POST", "/_api/cursor", read)[0].document()["result"] == [0]
    assert answers == []
    server.end(begun, ending)
    assert [outcome(answer) for answer in answers] == [0]


@pytest.mark.parametrize("name", WRITES)
def test_exclusive_access_waits_for_writers(server, name):
    """What wants to be alone waits; the others share."""
    begun = server.begin("write")
    answers = server.send(*WRITES[name])
    assert len(answers) == (name not in ALONE)
    server.end(begun)
    assert [outcome(answer) for answer in answers] == [0]


@pytest.mark.parametrize("name", WRITES)
def test_patience_ends(server, name):
    """500/18, and the collection is as it was."""
    begun = server.begin("exclusive")
    answers = server.send(*WRITES[name])
    for step in server.executor.pauses:
        step()
    assert [(answer.status, outcome(answer)) for answer in answers] == [(500, LOCK_TIMEOUT)]
    server.end(begun)
    assert len(answers) == 1
    assert server.send("GET", "/_api/document/c/k")[0].document()["n"] == 0


def test_waiting_is_in_order(server):
    """Three who want to be alone get it one after the other."""
    begun = [server.begin("exclusive") for _ in range(3)]
    for number in range(3):
        assert [len(answers) for answers in begun] == [1] * (number + 1) + [0] * (2 - number)
        server.end(begun[number])


def test_who_gave_up_lets_the_next_one_go_on(server):
    """A cancelled job and one whose patience ended are passed over."""
    first = server.begin("exclusive")
    impatient = server.begin("exclusive", lockTimeout=1)
    job = server.submit("POST", "/_api/cursor", WRITES["exclusive query"][2])
    server.run()
    last = server.begin("exclusive")
    server.executor.pauses[0]()
    assert outcome(impatient[0]) == LOCK_TIMEOUT
    assert server.send("PUT", f"/_api/job/{job}/cancel")[0].status == 200
    assert server.send("PUT", f"/_api/job/{job}")[0].status == 410
    server.end(first)
    assert last[0].status == 201


def test_wrong_lock_timeout(server):
    """400/10."""
    assert outcome(server.begin("exclusive", lockTimeout=-1)[0]) == 10


def test_one_request_at_a_time_in_a_transaction(server):
    """What comes meanwhile waits for the query that uses the transaction."""
    begun = server.begin("write")
    inside = {"x_arango_trx_id": id_of(begun)}
    waiting: list[list[Response]] = []

    def meanwhile() -> None:
        waiting.append(server.send("PATCH", "/_api/document/c/k", {"n": 7}, **inside))
        waiting.append(server.send("PUT", f"/_api/transaction/{id_of(begun)}"))
        assert waiting == [[], []]

    server.pausing.meanwhile = meanwhile
    query = {"query": "UPDATE 'k' WITH {n: 1} IN c LET slept = SLEEP(1) RETURN FAIL('no')"}
    assert outcome(server.send("POST", "/_api/cursor", query, **inside)[0]) == 1569
    assert [answers[0].status for answers in waiting] == [202, 200]
    assert server.send("GET", "/_api/document/c/k")[0].document()["n"] == 7


def test_idle_transaction_is_aborted_by_whoever_comes(server):
    """Its claims end with it."""
    begun = server.begin("write")
    inside = {"x_arango_trx_id": id_of(begun)}
    server.send("PATCH", "/_api/document/c/k", {"n": 1}, **inside)
    assert server.send("PATCH", "/_api/document/c/k", {"n": 2})[0].status == 409
    server.pausing.advance(61)
    assert server.send("PATCH", "/_api/document/c/k", {"n": 2})[0].status == 202


def test_crash_ends_what_waits(server):
    """Nothing that waited for a lock runs after a restart."""
    server.begin("exclusive")
    answers = server.send(*WRITES["update"])
    coordinator = server.deployment.coordinators[0]
    coordinator.crash()
    coordinator.revive()
    server.run()
    assert answers == []
    assert server.send("GET", "/_api/document/c/k")[0].document()["n"] == 0
