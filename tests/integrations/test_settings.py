"""What a connection of the driver's was made with holds for the manager too."""

from __future__ import annotations

import datetime
import json
import time
import warnings
from pathlib import Path
from typing import Any

import jwt
import pytest
import requests
import trustme
from arango import ArangoClient
from arango.exceptions import DocumentInsertError
from arango.http import DefaultHTTPClient, DeflateRequestCompression
from arango.request import Request
from driver_world import send

from arango_jobs import JobManager, OptionError
from arango_jobs.local import LocalServer

pytestmark = pytest.mark.local_only

SECRET = "a secret of at least thirty-two bytes"


@pytest.fixture(scope="module")
def server():
    with LocalServer(password="pw", jwt_secret=SECRET) as server:
        yield server


def _echo(jobs: JobManager) -> Any:
    return send(jobs.db, Request("get", "/_admin/echo")).result(10).body


def _client(server: LocalServer, **options: Any) -> ArangoClient:
    return ArangoClient(hosts=server.url, **options)


def test_name_and_password_go_with_each_request(server):
    with JobManager(_client(server).db("_system", "root", "pw")) as jobs:
        assert _echo(jobs)["user"] == "root"


def test_a_wrong_password_ends_futures_with_the_drivers_own_error(server):
    with JobManager(_client(server).db("_system", "root", "wrong")) as jobs:
        error = jobs.collection("c").insert({}).exception(10)
    assert isinstance(error, DocumentInsertError)
    assert (error.http_code, error.error_code) == (401, 11)


def test_a_superusers_token_is_used(server):
    token = jwt.encode({"iss": "arangodb", "server_id": "me"}, SECRET, algorithm="HS256")
    with JobManager(_client(server).db("_system", superuser_token=token)) as jobs:
        assert jobs.db.users().result(10)[0]["username"] == "root"


def _user_token(life: float) -> str:
    now = int(time.time())
    claims = {"iss": "arangodb", "preferred_username": "root", "iat": now, "exp": now + int(life)}
    return jwt.encode(claims, SECRET, algorithm="HS256")


def _forged() -> str:
    return _user_token(5000)[:-4] + "AAAA"


def test_a_token_that_the_user_sets_later_counts_from_then_on(server):
    db = _client(server).db("_system", user_token=_user_token(100))
    with JobManager(db) as jobs:
        db.conn.set_token(_forged())
        assert jobs.db.version().exception(10).http_code == 401
        db.conn.set_token(_user_token(300))
        assert jobs.db.version().result(10)


def test_an_expired_token_is_renewed_with_the_password_for_the_driver_too(server):
    """Manager and driver have one token between them."""
    db = _client(server).db("_system", "root", "pw", auth_method="jwt")
    db.conn.set_token(_user_token(3))
    before = db.conn._auth_header
    with JobManager(db) as jobs:
        assert jobs.db.version().result(10)
    assert db.conn._auth_header != before
    assert db.version()


def test_a_refused_token_is_renewed_with_the_password(server):
    db = _client(server).db("_system", "root", "pw", auth_method="jwt")
    with JobManager(db) as jobs:
        db.conn.set_token(_forged())
        assert jobs.db.version().result(10)


def test_serializer_and_deserializer_are_the_users(server):
    """Bodies and results go through them; operations then go out one by one."""
    client = _client(
        server,
        serializer=lambda value: json.dumps(value, default=str),
        deserializer=lambda text: json.loads(text, parse_float=lambda digits: f"<{digits}>"),
    )
    db = client.db("_system", "root", "pw")
    db.create_collection("coded")
    with JobManager(db) as jobs:
        coded = jobs.collection("coded")
        coded.insert({"_key": "a", "day": datetime.date(2026, 1, 2), "half": 0.5}).result(10)
        found = [future.result(10) for future in [coded.get("a") for _ in range(20)]]
    assert {(one["day"], one["half"]) for one in found} == {("2026-01-02", "<0.5>")}


def test_bodies_are_compressed_as_the_driver_would(server):
    client = _client(server, request_compression=DeflateRequestCompression(threshold=64))
    db = client.db("_system", "root", "pw")
    db.create_collection("small")
    with JobManager(db) as jobs:
        echo = jobs.db.echo({"text": "x" * 200}).result(10)
        futures = [jobs.collection("small").insert({"t": "x" * 200}) for _ in range(20)]
        futures += [jobs.collection("small").insert({"t": "y"}) for _ in range(20)]
        assert all(future.result(10)["_key"] for future in futures)
    assert echo["headers"]["content-encoding"] == "deflate"


def test_the_time_limit_is_the_clients(server):
    """The option of the manager goes before it."""
    db = _client(server, request_timeout=7).db("_system", "root", "pw")
    with JobManager(db) as jobs:
        assert jobs._options.request_timeout == 7
    with JobManager(db, request_timeout=3) as jobs:
        assert jobs._options.request_timeout == 3
    unlimited = _client(server, request_timeout=None).db("_system", "root", "pw")
    with JobManager(unlimited) as jobs:
        assert jobs._options.request_timeout == 3600


def test_the_drivers_own_client_gets_the_fast_transport(server):
    with JobManager(_client(server).db("_system", "root", "pw")) as jobs:
        assert jobs.stats().transport.startswith("pipelined")


class Recording(DefaultHTTPClient):
    """A client of the user's, which makes every request itself."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[Any, ...]] = []

    def send_request(self, session, method, url, headers=None, params=None, data=None, auth=None):
        self.seen.append((method, url, auth, dict(headers or {})))
        extra = {**(headers or {}), "x-mine": "yes"}
        return super().send_request(session, method, url, extra, params, data, auth)


def test_a_client_of_the_users_makes_every_request(server):
    """With name and password apart, as the driver hands them over."""
    client = Recording()
    db = _client(server, http_client=client).db("_system", "root", "pw")
    with JobManager(db) as jobs:
        echo = _echo(jobs)
        assert jobs.collection("nowhere").get("ü").exception(10).error_code == 1203
    assert echo["headers"]["x-mine"] == "yes"
    assert {auth for _, _, auth, _ in client.seen} == {("root", "pw")}
    assert not any("authorization" in headers for *_, headers in client.seen)


class Headed(DefaultHTTPClient):
    """A client of the user's that makes its own sessions."""

    def create_session(self, host):
        session = requests.Session()
        session.headers["x-host"] = host
        return session


@pytest.mark.parametrize("coordinators", [1, 2])
def test_sessions_of_the_users_are_used_for_their_hosts(coordinators):
    with LocalServer(coordinators=coordinators) as server:
        client = ArangoClient(hosts=server.urls, http_client=Headed())
        with JobManager(client.db("_system", "root", "")) as jobs:
            futures = [jobs.db.echo() for _ in range(10)]
            headers = [future.result(10)["headers"] for future in futures]
            hosts = [future.host for future in futures]
        client.close()
    assert [each["x-host"] for each in headers] == hosts


def _certificate(folder: Path) -> tuple[str, str]:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    leaf = authority.issue_cert("127.0.0.1")
    leaf.cert_chain_pems[0].write_to_path(folder / "leaf.pem")
    leaf.private_key_pem.write_to_path(folder / "key.pem")
    return str(folder / "leaf.pem"), str(folder / "key.pem")


def test_certificates_are_checked_as_the_driver_was_told(tmp_path):
    with LocalServer(tls=_certificate(tmp_path)) as server, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for verify, is_trusted in [(None, False), (False, True), (str(tmp_path / "ca.pem"), True)]:
            client = ArangoClient(hosts=server.url, verify_override=verify)
            with JobManager(client.db("_system", "root", ""), patience=0.1) as jobs:
                assert (jobs.db.version().exception(20) is None) is is_trusted
            client.close()


def test_a_connection_of_another_kind_is_refused(server):
    db = _client(server).db("_system", "root", "pw")
    db._conn = object()
    with pytest.raises(OptionError, match="knows no connections of the class object"):
        JobManager(db)


@pytest.mark.parametrize("begin", ["begin_async_execution", "begin_controlled_execution"])
def test_only_a_standard_database_is_taken(server, begin):
    db = _client(server).db("_system", "root", "pw")
    with pytest.raises(OptionError, match="a StandardDatabase, not"):
        JobManager(getattr(db, begin)())
