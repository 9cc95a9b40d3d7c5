"""Tokens: how they are had, renewed in time, and renewed when the server refuses them."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import jwt
import pytest
from api_support import SECRET, Answer, Answers, JumpingClock, client_for, error
from freezegun import freeze_time

from arango_jobs import ArangoClient, JWTAuthError, JWTExpiredError, StandardDatabase
from arango_jobs._wire.auth import BasicAuth, PasswordToken
from arango_jobs.clock import SystemClock
from arango_jobs.local import LocalServer
from arango_jobs.operations import Response

COUNT = Answer({"count": 1})
HOUR = 3600
KEY = "a secret of at least thirty-two bytes"


def token(made: float, life: float = HOUR, **claims: Any) -> str:
    """Return a token that says when it was made and when it ends."""
    said = {"iss": "arangodb", "iat": int(made), "exp": int(made + life), **claims}
    return jwt.encode(said, KEY, algorithm="HS256")


def login(made: float, life: float = HOUR) -> Answer:
    """Return the answer to a login."""
    return Answer({"jwt": token(made, life, preferred_username="u")})


def signed_in(answers: Answers) -> StandardDatabase:
    """Return a database whose token is renewed by the machine's own clock."""
    return client_for(answers).db("test", "u", "p", auth_method="jwt")


def paths(answers: Answers) -> list[str]:
    """Return what was asked for, without the database."""
    return [asked.target.removeprefix("/_db/test/_api/collection/c") for asked in answers.asked]


def test_a_token_is_renewed_before_it_expires(answers: Answers) -> None:
    """It is used for as long as it holds, less a minute, and renewed by the next call then."""
    with freeze_time("2026-01-01 12:00:00") as now:
        start = now().timestamp()
        db = signed_in(answers)
        assert answers.asked == []
        answers(login(start), COUNT, COUNT)
        db["c"].count()
        now.tick(timedelta(minutes=58))
        db["c"].count()
        assert paths(answers) == ["/_open/auth", "/count", "/count"]
        now.tick(timedelta(minutes=1, seconds=1))
        answers(login(now().timestamp()), COUNT)
        db["c"].count()
    assert paths(answers)[3:] == ["/_open/auth", "/count"]
    tokens = [asked.headers.get("authorization") for asked in answers.asked]
    assert tokens[0] is tokens[3] is None
    assert tokens[1] == tokens[2] != tokens[4]


def test_clocks_need_not_agree(answers: Answers) -> None:
    """A token lives as long as the server says, from when it came, whatever our clock shows."""
    with freeze_time("2026-01-01 12:00:00") as now:
        there = now().timestamp() - 10 * HOUR
        db = signed_in(answers)
        answers(login(there), COUNT, COUNT)
        db["c"].count()
        now.tick(timedelta(minutes=50))
        db["c"].count()
        assert paths(answers) == ["/_open/auth", "/count", "/count"]


def test_a_short_token_is_renewed_late_in_its_life() -> None:
    """A tenth of its life is left then."""
    credentials = PasswordToken("u", "p")
    credentials.renewed(Response(200, {}, b'{"jwt": "%s"}' % token(0, 100).encode()), now=1000.0)
    assert not credentials.needs_renewal(1089.0)
    assert credentials.needs_renewal(1090.0)


def test_a_refused_token_is_renewed_once(
    client: ArangoClient, answers: Answers, clock: JumpingClock
) -> None:
    """401 was decided before anything ran, so even a write is sent again with a new token."""
    db = client.db("test", "u", "p", auth_method="jwt")
    answers(login(0), error(401, 11), login(1), Answer({"_key": "a"}))
    assert db["c"].insert({"x": 1})["_key"] == "a"
    assert len(answers.asked) == 4
    answers(error(401, 11), login(2), error(401, 11))
    with pytest.raises(Exception, match="HTTP 401"):
        db["c"].count()
    assert len(answers.asked) == 7
    assert clock.waits == []


def test_a_password_is_not_renewed(db: StandardDatabase, answers: Answers) -> None:
    """401 with a password is final."""
    answers(error(401, 11))
    with pytest.raises(Exception, match="HTTP 401"):
        db["c"].count()
    assert len(answers.asked) == 1


@pytest.mark.parametrize("answer", [error(401, 11), Answer({}), Answer(b"no json"), Answer(["x"])])
def test_no_token_for_this_password(answer: Answer, client: ArangoClient, answers: Answers) -> None:
    """The error is about signing in, and holds no password."""
    answers(answer)
    with pytest.raises(JWTAuthError) as caught:
        client.db("test", "u", "hush", auth_method="jwt")["c"].count()
    assert "hush" not in str(vars(caught.value)) + str(caught.value)
    assert caught.value.url.endswith("/_open/auth")


def test_a_token_of_the_users(client: ArangoClient, answers: Answers, clock: JumpingClock) -> None:
    """It is used as it is; the user's name is read out of it."""
    mine = token(clock.time(), preferred_username="me")
    db = client.db("test", user_token=mine)
    answers(COUNT)
    db["c"].count()
    assert answers.last.headers["authorization"] == f"bearer {mine}"
    assert db.username == "me"
    assert mine not in repr(db.conn.credentials)


def test_a_superuser_token_goes_before_all(
    client: ArangoClient, answers: Answers, clock: JumpingClock
) -> None:
    """It has no user name."""
    ours, theirs = token(clock.time(), server_id="x"), token(clock.time())
    db = client.db("test", user_token=theirs, superuser_token=ours)
    answers(COUNT)
    db["c"].count()
    assert answers.last.headers["authorization"] == f"bearer {ours}"
    assert db.username is None
    assert repr(db.conn.credentials) == "<StaticToken without a name>"


def test_an_expired_token(client: ArangoClient, clock: JumpingClock) -> None:
    """It is refused at once, with how late it is."""
    with pytest.raises(JWTExpiredError, match="expired 40 seconds ago"):
        client.db("test", user_token=token(clock.time() - 100, 60))


def test_one_login_for_many_threads(answers: Answers, client: ArangoClient) -> None:
    """Threads that find the token due wait for one of them to renew it."""
    db = client.db("test", "u", "p", auth_method="jwt")
    answers(login(0), *[COUNT] * 8)
    gate = threading.Barrier(8)

    def ask() -> None:
        gate.wait()
        db["c"].count()

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert paths(answers).count("/_open/auth") == 1


def test_a_token_renewed_meanwhile_is_not_renewed_again(
    client: ArangoClient, answers: Answers
) -> None:
    """Of two threads whose token was refused, the second finds the new one."""
    db = client.db("test", "u", "p", auth_method="jwt")
    answers(login(0), COUNT)
    db["c"].count()
    credentials = db.conn.credentials
    assert credentials is not None
    db.conn._renew(credentials, refused="bearer the.old.one")
    assert len(answers.asked) == 2


def test_basic_credentials_in_any_language() -> None:
    """Names and passwords go as UTF-8."""
    assert BasicAuth("é", "ü:x").header() == "Basic w6k6w7w6eA=="


def test_a_real_login(server: LocalServer) -> None:
    """The embedded server gives a token and takes it, and refuses a wrong password."""
    with ArangoClient(server.url) as client:
        db = client.db("_system", "root", "", auth_method="jwt", verify=True)
        assert db.version()
        with pytest.raises(JWTAuthError):
            client.db("_system", "root", "wrong", auth_method="jwt", verify=True)


def test_a_real_superuser(server: LocalServer) -> None:
    """A token signed with the server's secret sees the jobs of every user."""
    now = SystemClock().time()
    mine = jwt.encode({"iss": "arangodb", "server_id": "t", "iat": int(now), "exp": int(now) + 60},
                      SECRET, algorithm="HS256")  # fmt: skip
    with ArangoClient(server.url) as client:
        job = client.db("_system").begin_async_execution().aql.execute("RETURN 1")
        superuser = client.db("_system", superuser_token=mine)
        # In this order: it may be done in between.
        everyone = superuser.async_jobs("pending", 1000) + superuser.async_jobs("done", 1000)
        assert job.id in everyone
        job.clear()
