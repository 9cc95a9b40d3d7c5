"""What is sent again, where to, and what a connection says of itself."""

from __future__ import annotations

from typing import Any

import pytest
import requests
import urllib3.exceptions as urllib3_errors
from api_support import Answer, Answers, JumpingClock, client_for, error, session_for

from arango_jobs import (
    ArangoClient,
    ConnectionLostError,
    DeflateRequestCompression,
    DocumentCountError,
    HostUnreachableError,
    OptionError,
    StandardDatabase,
    SubmitOutcomeUnknownError,
    Timeouts,
)

HOSTS = ["http://a.test:1", "http://b.test:2", "http://c.test:3"]
COUNT = Answer({"count": 1})


def refused() -> Exception:
    """Return what `requests` raises where nobody listens."""
    reason = urllib3_errors.NewConnectionError(None, "refused")  # type: ignore[arg-type]
    return requests.ConnectionError(urllib3_errors.MaxRetryError(None, "/", reason))  # type: ignore[arg-type]


def broken() -> Exception:
    """Return what `requests` raises where the connection broke half-way."""
    return requests.ConnectionError(
        urllib3_errors.ProtocolError("aborted", ConnectionResetError(104, "Connection reset"))
    )


def several(answers: Answers, **options: Any) -> StandardDatabase:
    """Return a database of three Coordinators."""
    return client_for(answers, HOSTS, **options).db("test")


def hosts_asked(answers: Answers) -> list[int]:
    """Return the numbers of the hosts that were asked."""
    return [HOSTS.index(asked.host) for asked in answers.asked]


def test_an_unreachable_host_is_passed_over(answers: Answers) -> None:
    """Nothing was sent, so the next host gets the request; it is asked first from then on."""
    answers(refused(), Answer({"_key": "a"}), COUNT)
    db = several(answers)
    db["c"].insert({"x": 1})
    db["c"].count()
    assert hosts_asked(answers) == [0, 1, 1]


def test_no_host_can_be_reached(answers: Answers) -> None:
    """The error names the last host that was tried, after each was tried once."""
    answers(refused(), refused(), refused())
    with pytest.raises(HostUnreachableError, match=r"http://c\.test:3 cannot be reached"):
        several(answers)["c"].count()
    assert hosts_asked(answers) == [0, 1, 2]


def test_more_tries_than_hosts(answers: Answers) -> None:
    """`resolver_max_tries` goes round again."""
    answers(refused(), refused(), refused(), refused(), COUNT)
    assert several(answers, resolver_max_tries=5)["c"].count() == 1
    assert hosts_asked(answers) == [0, 1, 2, 0, 1]


def test_a_write_whose_connection_broke_is_not_repeated(answers: Answers) -> None:
    """It may have run."""
    answers(broken())
    with pytest.raises(ConnectionLostError, match=r"http://a\.test:1 broke: Connection reset"):
        several(answers)["c"].insert({"x": 1})
    assert hosts_asked(answers) == [0]


def test_a_read_whose_connection_broke_is_repeated_elsewhere(answers: Answers) -> None:
    """Reading twice does no harm."""
    answers(broken(), COUNT)
    assert several(answers)["c"].count() == 1
    assert hosts_asked(answers) == [0, 1]


def test_a_submission_whose_connection_broke(answers: Answers) -> None:
    """Even of a read: it would be a second job, and the first may run unseen."""
    answers(broken())
    with pytest.raises(SubmitOutcomeUnknownError, match="may or may not run") as caught:
        several(answers).begin_async_execution()["c"].count()
    assert "collection.count" in caught.value.operation
    assert hosts_asked(answers) == [0]


def test_roundrobin(answers: Answers) -> None:
    """Hosts are asked in turn."""
    answers(COUNT, COUNT, COUNT, COUNT)
    db = several(answers, host_resolver="roundrobin")
    for _ in range(4):
        db["c"].count()
    assert hosts_asked(answers) == [0, 1, 2, 0]


def test_periodic(answers: Answers) -> None:
    """Hosts are asked a hundred times each."""
    answers(*[COUNT] * 201)
    db = several(answers, host_resolver="periodic")
    for _ in range(201):
        db["c"].count()
    assert hosts_asked(answers) == [0] * 100 + [1] * 100 + [2]


def test_random_stays_among_the_hosts(answers: Answers) -> None:
    """Any host may be first."""
    answers(*[COUNT] * 30)
    db = several(answers, host_resolver="random")
    for _ in range(30):
        db["c"].count()
    assert set(hosts_asked(answers)) <= {0, 1, 2}


def test_queue_full_is_waited_for(
    db: StandardDatabase, answers: Answers, clock: JumpingClock
) -> None:
    """503/21003 means that nothing ran, so even a write is sent again, after a pause."""
    answers(error(503, 21003), error(503, 21003), Answer({"_key": "a"}))
    assert db["c"].insert({"x": 1})["_key"] == "a"
    assert len(answers.asked) == 3
    assert len(clock.waits) == 2
    assert all(0 <= pause <= 2 for pause in clock.waits)


def test_queue_full_for_too_long(
    db: StandardDatabase, answers: Answers, clock: JumpingClock
) -> None:
    """When the budget of the request is used up, the refusal is the call's error."""
    answers(*[error(503, 21003)] * 1000)
    with pytest.raises(DocumentCountError) as caught:
        db["c"].count()
    assert (caught.value.http_code, caught.value.error_code) == (503, 21003)
    assert 50 < clock.now <= 60


class TestTooManyRequests:
    """429 is given by a gateway, before the server has seen the request."""

    def refused(self, **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return Answer({"message": "slow down"}, 429, headers=named)

    def test_is_sent_again(
        self, db: StandardDatabase, answers: Answers, clock: JumpingClock
    ) -> None:
        """A write, too, after a pause."""
        answers(self.refused(), self.refused(), Answer({"_key": "a"}))
        assert db["c"].insert({"x": 1})["_key"] == "a"
        assert len(clock.waits) == 2

    @pytest.mark.parametrize(
        "told",
        [
            {"retry_after": "20"},
            {
                "retry_after": "Sun, 06 Nov 1994 08:49:37 GMT",
                "date": "Sun, 06 Nov 1994 08:49:17 GMT",
            },
        ],
        ids=["seconds", "date"],
    )
    def test_retry_after(
        self, told: dict[str, str], db: StandardDatabase, answers: Answers, clock: JumpingClock
    ) -> None:
        """The pause is as long as the answer asks for."""
        answers(self.refused(**told), COUNT)
        assert db["c"].count() == 1
        assert clock.waits == [20.0]

    def test_retry_after_that_is_longer_than_the_budget(
        self, db: StandardDatabase, answers: Answers, clock: JumpingClock
    ) -> None:
        """The call ends at once, with the answer as its error."""
        answers(self.refused(retry_after="61"))
        with pytest.raises(DocumentCountError) as caught:
            db["c"].count()
        assert caught.value.http_code == 429
        assert not clock.waits

    def test_for_ever(self, db: StandardDatabase, answers: Answers, clock: JumpingClock) -> None:
        answers(*[self.refused()] * 1000)
        with pytest.raises(DocumentCountError) as caught:
            db["c"].count()
        assert caught.value.http_code == 429
        assert clock.now <= 60

    def test_for_ever_without_a_limit_of_time(
        self, client: ArangoClient, answers: Answers, clock: JumpingClock
    ) -> None:
        """A minute is all there is."""
        client.request_timeout = None
        answers(*[self.refused()] * 1000)
        with pytest.raises(DocumentCountError):
            client.db("test")["c"].count()
        assert 50 < clock.now <= 60

    def test_result_of_a_job(self, db: StandardDatabase, answers: Answers) -> None:
        """A job's own 429 is its result, which the server gives once."""
        answers(Answer(status=202, headers={"x-arango-async-id": "7"}))
        job = db.begin_async_execution()["c"].count()
        answers(Answer({"message": "slow down"}, 429, headers={"x-arango-async-id": "7"}))
        with pytest.raises(DocumentCountError):
            job.result()
        assert len(answers.asked) == 2

    def test_fetch(self, db: StandardDatabase, answers: Answers) -> None:
        """One that is refused so has taken nothing."""
        answers(Answer(status=202, headers={"x-arango-async-id": "7"}))
        job = db.begin_async_execution()["c"].count()
        result = Answer({"count": 1}, headers={"x-arango-async-id": "7"})
        answers(self.refused(), result)
        assert job.result() == 1


def test_a_server_that_starts_is_waited_for_by_reads_only(
    db: StandardDatabase, answers: Answers
) -> None:
    """503/503 of a write is its error; of a read, a reason to ask again."""
    answers(error(503, 503), COUNT)
    assert db["c"].count() == 1
    answers(error(503, 503))
    with pytest.raises(DocumentCountError.__mro__[1]) as caught:
        db["c"].insert({"x": 1})
    assert caught.value.error_code == 503  # type: ignore[attr-defined]  # an ArangoServerError


def test_a_server_that_stops_takes_no_job(db: StandardDatabase, answers: Answers) -> None:
    """A submission refused by 503/30 has not run, whatever it is; it is sent again."""
    answers(error(503, 30), Answer(status=202, headers={"x-arango-async-id": "7"}))
    assert db.begin_async_execution()["c"].insert({"x": 1}).id == "7"


def test_other_errors_are_not_repeated(db: StandardDatabase, answers: Answers) -> None:
    """503 without a known number says nothing about whether it ran."""
    answers(error(503, 1465))
    with pytest.raises(DocumentCountError):
        db["c"].count()
    assert len(answers.asked) == 1


def test_time_limits_of_one_request(answers: Answers) -> None:
    """Connecting has its own budget, and the whole request another."""
    answers(COUNT, COUNT)
    client_for(answers, timeout=Timeouts(connect=3, request=30)).db()["c"].count()
    connect, whole = answers.last.timeout
    assert connect == 3
    assert 29 < whole <= 30
    client_for(answers, request_timeout=None).db()["c"].count()
    assert answers.last.timeout == (10.0, None)


def test_the_timeout_can_be_changed(answers: Answers) -> None:
    """As in python-arango, by an attribute of the client."""
    client = client_for(answers)
    assert client.request_timeout == 60
    client.request_timeout = 5
    answers(COUNT)
    client.db()["c"].count()
    assert answers.last.timeout[1] <= 5
    with pytest.raises(OptionError):
        client.request_timeout = -1


def test_basic_authentication(db: StandardDatabase, answers: Answers) -> None:
    """Name and password go along with every request."""
    answers(COUNT)
    db["c"].count()
    assert answers.last.headers["authorization"] == "Basic dTpw"


SESSIONS: dict[str, tuple[Any, str]] = {
    "a pair": (("x", "y"), "Basic eDp5"),
    "an object": (requests.auth.HTTPBasicAuth("x", "y"), "Basic eDp5"),
    "a header": (None, "bearer token"),
}


@pytest.mark.parametrize("case", SESSIONS)
def test_the_users_session_signs(case: str, answers: Answers) -> None:
    """What the session says about who asks is obeyed, before name and password."""
    session = session_for(answers)
    session.auth, expected = SESSIONS[case]
    if session.auth is None:
        session.headers["Authorization"] = expected
    answers(COUNT)
    db = ArangoClient("http://h:1", session=session).db("test", "other", "secret")
    db["c"].count()
    assert answers.last.headers["authorization"] == expected
    assert db.username == ("x" if case == "a pair" else None)


def test_the_users_session_is_obeyed(answers: Answers) -> None:
    """Its headers and TLS settings hold, and closing the client leaves it open."""
    session = session_for(answers)
    session.headers["X-Mine"] = "yes"
    session.verify = "/etc/mine.pem"
    session.params = {"trace": "1"}
    answers(COUNT)
    with ArangoClient("https://h:1", session=session) as client:
        client.db()["c"].count()
    assert answers.last.headers["x-mine"] == "yes"
    assert answers.last.verify == "/etc/mine.pem"
    assert answers.last.target.endswith("/count?trace=1")
    assert client._sender.session is session


def test_verify_override(answers: Answers) -> None:
    """It goes before what the session says."""
    answers(COUNT)
    client_for(answers, "https://h:1", verify_override=False).db()["c"].count()
    assert answers.last.verify is False


def test_netrc_does_not_sign(
    answers: Answers, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file in the home directory does not replace the password that was given."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine one.test login evil password evil\n")
    monkeypatch.setenv("NETRC", str(netrc))
    session = session_for(answers)
    session.trust_env = True
    answers(COUNT)
    ArangoClient("http://one.test:1", session=session).db("test", "u", "p")["c"].count()
    assert answers.last.headers["authorization"] == "Basic dTpw"


def test_a_key_of_dots_stays_a_key(db: StandardDatabase, answers: Answers) -> None:
    """Nothing on the way takes it for a step up in the path."""
    answers(Answer({"_key": ".."}))
    db["c"].get("..")
    assert answers.last.url.endswith("/_api/document/c/%2E%2E")


def test_compression(answers: Answers) -> None:
    """Bodies above the threshold are compressed, and the header says so."""
    db = client_for(answers, request_compression=DeflateRequestCompression(threshold=50)).db()
    answers(Answer({"_key": "a"}), Answer({"_key": "b"}))
    db["c"].insert({"x": "small"})
    assert "content-encoding" not in answers.last.headers
    db["c"].insert({"x": "a" * 1000})
    assert answers.last.headers["content-encoding"] == "deflate"
    assert len(answers.last.body) < 100


def test_response_compression(answers: Answers) -> None:
    """It is asked for, but never for jobs, whose results some versions compress twice."""
    db = client_for(answers, response_compression="gzip").db()
    answers(COUNT, Answer(status=202, headers={"x-arango-async-id": "7"}))
    db["c"].count()
    assert answers.last.headers["accept-encoding"] == "gzip"
    db.begin_async_execution()["c"].count()
    assert answers.last.headers["accept-encoding"] == "identity"


def test_serializers_of_the_users(answers: Answers) -> None:
    """They get and give text, as in python-arango."""
    db = client_for(
        answers, serializer=lambda value: f'"<{value}>"', deserializer=lambda text: {"count": text}
    ).db()
    answers(Answer({"_key": "a"}), Answer(b"12"))
    with pytest.raises(Exception, match="is not the JSON"):
        db["c"].insert({"x": 1})
    assert answers.last.body == b"\"<{'x': 1}>\""
    assert db["c"].count() == 12


BAD_HOSTS = [
    "", [], "h:1", "ftp://h", "http://", "http://h:x", "http://h:99999", "http://h?x", "http://h#x",
    "http://h:1,", ["http://h", 7], "http://a b",
]  # fmt: skip


@pytest.mark.parametrize("hosts", BAD_HOSTS, ids=repr)
def test_hosts_that_cannot_be(hosts: Any) -> None:
    """A host is a URL of http or https."""
    with pytest.raises(OptionError, match="host"):
        ArangoClient(hosts=hosts)


def test_a_password_in_the_url_is_not_repeated() -> None:
    """It would end up in logs and errors."""
    with pytest.raises(OptionError) as caught:
        ArangoClient(hosts="http://root:hush@h:1")
    assert "hush" not in str(caught.value)


def test_hosts_as_given() -> None:
    """One, several with commas, or a list; a slash at the end is dropped; a path is kept."""
    assert ArangoClient("http://a:1/, https://b/x/").hosts == ["http://a:1", "https://b/x"]
    assert ArangoClient().hosts == ["http://127.0.0.1:8529"]


BAD_OPTIONS: list[dict[str, Any]] = [
    {"http_client": object()},
    {"host_resolver": "best"},
    {"host_resolver": object()},
    {"hosts": "http://a,http://b", "resolver_max_tries": 1},
    {"timeout": 0},
    {"timeout": -1},
    {"timeout": "5"},
    {"timeout": float("nan")},
    {"timeout": (1,)},
    {"request_timeout": True},
]


@pytest.mark.parametrize("options", BAD_OPTIONS, ids=str)
def test_options_that_cannot_be(options: dict[str, Any]) -> None:
    """A wrong option is named when the client is made."""
    with pytest.raises(OptionError):
        ArangoClient(**options)


def test_credentials_that_cannot_be(client: ArangoClient) -> None:
    """A wrong way to sign in is named when the database is asked for."""
    for options in (
        {"auth_method": "magic"},
        {"username": "a:b"},
        {"user_token": "no token"},
        {"superuser_token": "a.b.c"},
        {"name": ""},
    ):
        with pytest.raises(OptionError):
            client.db(**options)  # type: ignore[arg-type]  # whichever


def test_nothing_secret_is_shown(answers: Answers) -> None:
    """Neither password nor token is in any repr."""
    db = client_for(answers).db("test", "u", "hush")
    shown = [repr(each) for each in (db, db.conn, db.conn.credentials, db["c"])]
    assert "hush" not in "".join(shown)
    assert shown[2] == "<BasicAuth u>"


def test_the_host_of_an_answer(answers: Answers) -> None:
    """It is told by the beginning of the URL, port included."""
    conn = client_for(answers, ["http://a:1", "http://a:12"]).db().conn
    answers(Answer({}))
    response = conn.send(conn.prepare(some_operation(conn)), host=1)
    assert conn.host_of(response) == 1
    assert conn.host_name(1) == "http://a:12"
    response.base = "http://elsewhere/"
    assert conn.host_of(response) is None
    assert conn.host_name(None) == ""


def some_operation(conn: Any) -> Any:
    """Return an operation of the connection's database."""
    from api_support import Recorder

    database: Any = StandardDatabase(Recorder(conn))
    return database["c"].count()
