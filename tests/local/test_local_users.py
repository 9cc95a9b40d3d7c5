"""Users, rights, tokens (server-protocol.md §7)."""

from __future__ import annotations

import jwt
import pytest
from local_asking import SECRET, basic

from arango_jobs.local.identity import SESSION_SECONDS


def number(response):
    return (response.status, response.document()["errorNum"])


def token(**claims) -> str:
    return "bearer " + jwt.encode({"iss": "arangodb", **claims}, SECRET, algorithm="HS256")


def test_user_life(ask):
    """Create, show, change, list, remove."""
    response = ask("POST", "/_api/user", {"user": "bob", "passwd": "x", "extra": {"a": 1}})
    assert response.status == 201
    assert response.document()["extra"] == {"a": 1}
    assert number(ask("POST", "/_api/user", {"user": "bob"})) == (409, 1702)
    body = ask("PATCH", "/_api/user/bob", {"active": False}).document()
    assert (body["active"], body["extra"]) == (False, {"a": 1})
    assert ask("PUT", "/_api/user/bob", {"passwd": "y"}).document()["extra"] == {}
    listed = ask("GET", "/_api/user").document()["result"]
    assert [user["user"] for user in listed] == ["root", "bob"]
    assert ask("DELETE", "/_api/user/bob").status == 202
    assert number(ask("GET", "/_api/user/bob")) == (404, 1703)


@pytest.mark.parametrize(
    "body",
    [{}, {"user": ""}, {"user": 5}, {"user": "a", "passwd": 5}, {"user": "a", "active": "yes"},
     {"user": "a", "extra": []}],
)  # fmt: skip
def test_wrong_users(ask, body):
    """400, and no user."""
    if body.get("extra") == []:
        assert ask("POST", "/_api/user", {"user": "a", "extra": [1]}).status == 400
    else:
        assert ask("POST", "/_api/user", body).status == 400
    assert len(ask("GET", "/_api/user").document()["result"]) == 1


def test_inactive_user_and_changed_password(ask):
    """401/11 from then on, also where the password was used before."""
    ask.user("bob")
    assert ask("GET", "/_api/version", user="bob").status == 200
    ask("PATCH", "/_api/user/bob", {"passwd": "new"})
    assert number(ask("GET", "/_api/version", user="bob")) == (401, 11)
    header = basic("bob", "new")["authorization"]
    assert ask("GET", "/_api/version", authorization=header).status == 200
    ask("PATCH", "/_api/user/bob", {"active": False})
    assert number(ask("GET", "/_api/version", authorization=header)) == (401, 11)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Basic",
        "Basic !!!",
        "Basic /w==",
        "Digest x",
        "bearer x.y.z",
        "bearer",
        "Basic cm9vdA==",
    ],
)
def test_unreadable_credentials(ask, header):
    """401/11; a user name without a colon has the empty password."""
    expected = 200 if header == "Basic cm9vdA==" else 401
    assert ask("GET", "/_api/version", authorization=header).status == expected


def test_scheme_words_are_case_insensitive(ask):
    """BASIC and BEARER."""
    header = basic()["authorization"].replace("Basic", "bAsIc")
    assert ask("GET", "/_api/version", authorization=header).status == 200


def test_login_and_expiry(ask):
    """The JWT holds for an hour of the server's clock."""
    body = {"username": "root", "password": ""}
    header = "BEARER " + ask("POST", "/_open/auth", body, user=None).document()["jwt"]
    assert ask("GET", "/_api/version", authorization=header).status == 200
    ask.clock.advance(SESSION_SECONDS - 1)
    assert ask("GET", "/_api/version", authorization=header).status == 200
    ask.clock.advance(1)
    assert number(ask("GET", "/_api/version", authorization=header)) == (401, 11)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"username": "root", "password": "wrong"}, 401),
        ({"username": "nobody", "password": ""}, 401),
        ({"username": 5, "password": ""}, 400),
        ({"username": "root"}, 400),
        ([], 400),
        (b"{", 400),
    ],
)
def test_refused_logins(ask, body, status):
    """401 for wrong credentials, 400 for what is malformed."""
    assert ask("POST", "/_open/auth", body, user=None).status == status


def test_login_without_authentication(build):
    """404."""
    ask = build(authentication=False)
    assert ask("POST", "/_open/auth", {"username": "root", "password": ""}).status == 404


@pytest.mark.parametrize(
    ("claims", "status"),
    [
        ({"server_id": "x"}, 200),
        ({"preferred_username": "root"}, 200),
        ({"preferred_username": "nobody"}, 401),
        ({}, 401),
        ({"server_id": "x", "exp": 1}, 401),
        ({"server_id": "x", "exp": 1_700_000_100}, 200),
        ({"server_id": "x", "iss": "other"}, 401),
    ],
)
def test_tokens_signed_with_the_secret(ask, claims, status):
    """Superuser by server_id, user by preferred_username, expiry by the server's clock."""
    assert ask("GET", "/_api/version", authorization=token(**claims)).status == status


def test_token_signed_otherwise(ask):
    """Another secret, or no signature: 401."""
    for key, algorithm in (("another-secret-of-enough-length-here", "HS256"), (None, "none")):
        text = jwt.encode({"iss": "arangodb", "server_id": "x"}, key, algorithm=algorithm)
        assert ask("GET", "/_api/version", authorization=f"bearer {text}").status == 401


def test_access_tokens_work_as_password_until_they_expire(ask):
    """Shown once, listed without the secret, removed by id."""
    ask.user("bob")
    body = {"name": "ci", "valid_until": int(ask.clock.time()) + 100}
    made = ask("POST", "/_api/token/bob", body).document()
    header = basic("bob", made["token"])["authorization"]
    assert ask("GET", "/_api/version", authorization=header).status == 200
    assert ask("GET", "/_api/version", authorization=basic("", made["token"])["authorization"])
    listed = ask("GET", "/_api/token/bob").document()["tokens"]
    assert [(t["name"], "token" in t) for t in listed] == [("ci", False)]
    ask.clock.advance(100)
    assert number(ask("GET", "/_api/version", authorization=header)) == (401, 11)
    assert ask("DELETE", f"/_api/token/bob/{made['id']}").status == 200
    assert ask("DELETE", f"/_api/token/bob/{made['id']}").status == 404
    assert ask("POST", "/_api/token/bob", {"name": ""}).status == 400


def test_rights_on_databases(ask):
    """Explicit, then `*`, then none."""
    ask("POST", "/_api/database", {"name": "d"})
    ask("POST", "/_api/user", {"user": "bob", "passwd": "bob"})
    assert number(ask("GET", "/_db/d/_api/version", user="bob")) == (401, 11)
    assert ask("PUT", "/_api/user/bob/database/*", {"grant": "ro"}).status == 200
    assert ask("GET", "/_db/d/_api/version", user="bob").status == 200
    ask("PUT", "/_api/user/bob/database/d", {"grant": "none"})
    assert number(ask("GET", "/_db/d/_api/version", user="bob")) == (401, 11)
    ask("DELETE", "/_api/user/bob/database/d")
    assert ask("GET", "/_api/user/bob/database/d").document()["result"] == "ro"
    assert ask("GET", "/_db/d/_api/database/user", user="bob").document()["result"] == [
        "_system",
        "d",
    ]


def test_rights_on_collections(ask):
    """none: 403/11; ro: reads, 403/1004 for writes; rw on one collection of a ro database."""
    ask.user("bob", "ro")
    ask("POST", "/_api/collection", {"name": "open"})
    grant = "/_api/user/bob/database/_system/{}"
    ask("PUT", grant.format("c"), {"grant": "none"})
    ask("PUT", grant.format("open"), {"grant": "rw"})
    assert number(ask("GET", "/_api/document/c/x", user="bob")) == (403, 11)
    assert ask("POST", "/_api/document/open", {}, user="bob").status == 202
    ask("PUT", grant.format("open"), {"grant": "ro"})
    assert number(ask("POST", "/_api/document/open", {}, user="bob")) == (403, 1004)
    assert ask("GET", "/_api/collection/open/count", user="bob").document()["count"] == 1
    names = [c["name"] for c in ask("GET", "/_api/collection", user="bob").document()["result"]]
    assert "open" in names
    assert "c" not in names
    assert ask("GET", grant.format("open")).document()["result"] == "ro"
    full = ask("GET", "/_api/user/bob/database?full=1").document()["result"]
    assert full["_system"]["collections"]["c"] == "none"
    assert full["_system"]["collections"]["*"] == "undefined"


def test_queries_obey_rights(ask):
    """403 when a query touches what its user may not."""
    ask.user("bob", "ro")
    ask("PUT", "/_api/user/bob/database/_system/c", {"grant": "none"})
    for query in ("FOR d IN c RETURN d", "INSERT {} INTO c"):
        assert ask("POST", "/_api/cursor", {"query": query}, user="bob").status == 403


@pytest.mark.parametrize(
    "call",
    [
        "GET /_api/user",
        "POST /_api/user",
        "PUT /_api/user/root",
        "DELETE /_api/user/root",
        "PUT /_api/user/bob/database/_system",
        "DELETE /_api/user/bob/database/_system",
        "POST /_api/database",
        "DELETE /_api/database/d",
        "DELETE /_admin/shutdown",
        "GET /_api/user/root",
    ],
)
def test_administration_needs_rw_on_the_system_database(ask, call):
    """403/11 for others."""
    ask.user("bob", "ro")
    assert number(ask(*call.split(), {}, user="bob")) == (403, 11)


def test_users_may_look_at_themselves(ask):
    """Even without access to the system database."""
    ask("POST", "/_api/user", {"user": "bob", "passwd": "bob"})
    assert ask("GET", "/_api/user/bob", user="bob").document()["user"] == "bob"
    assert ask("PATCH", "/_api/user/bob", {"passwd": "bob"}, user="bob").status == 200


@pytest.mark.parametrize(
    "call",
    ["POST /_db/d/_api/database", "DELETE /_db/d/_api/database/x", "GET /_db/d/_api/database"],
)
def test_databases_are_made_in_the_system_database_only(ask, call):
    """403/1230, before any rights are looked at."""
    ask("POST", "/_api/database", {"name": "d", "users": [{"username": "bob", "passwd": "bob"}]})
    assert number(ask(*call.split(), {"name": "x"}, user="bob")) == (403, 1230)


def test_database_life(ask):
    """Created with users, listed, described, dropped with its grants."""
    users = [{"username": "bob", "passwd": "bob", "active": True}]
    assert ask("POST", "/_api/database", {"name": "d", "users": users}).document() == {
        "result": True, "error": False, "code": 201,
    }  # fmt: skip
    assert number(ask("POST", "/_api/database", {"name": "d"})) == (409, 1207)
    assert ask("GET", "/_api/user/bob/database").document()["result"] == {"d": "rw"}
    current = ask("GET", "/_db/d/_api/database/current", user="bob").document()["result"]
    assert (current["name"], current["isSystem"]) == ("d", False)
    assert ask("DELETE", "/_api/database/d").document()["result"] is True
    assert number(ask("DELETE", "/_api/database/d")) == (404, 1228)
    assert ask("GET", "/_api/user/bob/database").document()["result"] == {}


@pytest.mark.parametrize("name", ["", "1a", "_a", "a/b", 5, None, "x" * 129, " a"])
def test_wrong_database_names(ask, name):
    """400/1229."""
    assert number(ask("POST", "/_api/database", {"name": name})) == (400, 1229)


def test_system_database_stays(ask):
    """403."""
    assert ask("DELETE", "/_api/database/_system").status == 403


def test_availability_needs_no_credentials(ask):
    """As load balancers ask it; everything else does."""
    assert ask("GET", "/_admin/server/availability", user=None).status == 200
    assert ask("GET", "/_admin/status", user=None).status == 401
