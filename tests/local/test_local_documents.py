"""`/_api/document`: single and array forms (server-protocol.md §8.2)."""

from __future__ import annotations

import orjson
import pytest

from arango_jobs.local.store.limits import Limits

ONE, MANY = "/_api/document/c/a", "/_api/document/c"


@pytest.fixture
def doc(ask):
    """Return an asker with a document ``c/a``, and its revision."""
    response = ask("POST", MANY, {"_key": "a", "x": 1, "o": {"p": 1}})
    return ask, response.document()["_rev"]


def number(response):
    return response.document()["errorNum"]


def test_insert_answers_id_key_and_rev(ask):
    """202 without waitForSync, 201 with; no errorNum in a success."""
    response = ask("POST", MANY, {"_key": "a"})
    assert response.status == 202
    assert set(response.document()) == {"_id", "_key", "_rev"}
    assert response.headers["Etag"] == f'"{response.document()["_rev"]}"'
    assert ask("POST", f"{MANY}?waitForSync=1", {}).status == 201


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        (b"", 400, 600),
        (b"{", 400, 600),
        (b"5", 400, 1227),
        (b"null", 400, 1227),
        (b'"x"', 400, 1227),
        ({"_key": 5}, 400, 1221),
        ({"_key": None}, 400, 1221),
        ({"_key": ""}, 400, 1221),
        ({"_key": "a b"}, 400, 1221),
        ({"_key": "a/b"}, 400, 1221),
        ({"_key": "k" * 255}, 400, 1221),
        ({"_key": "a"}, 409, 1210),
    ],
)
def test_refused_inserts(doc, body, status, error):
    """The error is the HTTP status."""
    ask, _ = doc
    response = ask("POST", MANY, body)
    assert (response.status, number(response)) == (status, error)
    assert response.document()["code"] == status


@pytest.mark.parametrize("key", ["a-b_c:d.e@f", "(x)+,=;$!*'%", "k" * 254, "1"])
def test_allowed_keys(ask, key):
    """ArangoDB's alphabet, up to 254 bytes."""
    assert ask("POST", MANY, {"_key": key}).document()["_key"] == key


def test_unknown_collection(ask):
    """404/1203 naming the collection."""
    response = ask("POST", "/_api/document/nope", {})
    assert (response.status, number(response)) == (404, 1203)
    assert "nope" in response.document()["errorMessage"]


def test_read_obeys_if_match_and_if_none_match(doc):
    """304 without body, 412/1200."""
    ask, rev = doc
    assert ask("GET", ONE, if_none_match=f'"{rev}"').status == 304
    assert ask("GET", ONE, if_none_match='"other"').status == 200
    assert ask("GET", ONE, if_match=f'"{rev}"').status == 200
    response = ask("GET", ONE, if_match="other")
    assert (response.status, number(response)) == (412, 1200)
    assert ask("HEAD", ONE).headers["Etag"] == f'"{rev}"'


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_writes_obey_if_match(doc, method):
    """412/1200 and nothing changes."""
    ask, rev = doc
    response = ask(method, ONE, {"x": 2}, if_match='"other"')
    assert (response.status, number(response), response.document()["_rev"]) == (412, 1200, rev)
    assert ask(method, ONE, {"x": 2}, if_match=f'"{rev}"').status == 202


def test_body_revision_counts_without_ignore_revs(doc):
    """ignoreRevs=false compares the body's _rev."""
    ask, rev = doc
    assert number(ask("PATCH", f"{ONE}?ignoreRevs=false", {"_rev": "x"})) == 1200
    assert ask("PATCH", f"{ONE}?ignoreRevs=0", {"_rev": rev}).status == 202
    assert ask("PATCH", ONE, {"_rev": "x"}).status == 202


def test_update_merges_and_keeps_nulls_by_default(doc):
    """keepNull=true, mergeObjects=true; both can be switched off."""
    ask, rev = doc
    response = ask("PATCH", f"{ONE}?returnNew=1&returnOld=1", {"x": None, "o": {"q": 2}})
    body = response.document()
    assert body["_oldRev"] == body["old"]["_rev"] == rev
    assert body["new"]["x"] is None
    assert body["new"]["o"] == {"p": 1, "q": 2}
    target = f"{ONE}?keepNull=false&mergeObjects=false&returnNew=true"
    body = ask("PATCH", target, {"x": None, "o": {"r": 3}}).document()
    assert "x" not in body["new"]
    assert body["new"]["o"] == {"r": 3}


def test_replace_drops_what_is_not_given(doc):
    """PUT replaces."""
    ask, _ = doc
    ask("PUT", ONE, {"y": 1})
    assert set(ask("GET", ONE).document()) == {"_id", "_key", "_rev", "y"}


@pytest.mark.parametrize(
    ("mode", "fields", "has_old_rev"),
    [
        ("ignore", {"x": 1, "o": {"p": 1}}, False),
        ("replace", {"o": {"q": 2}, "n": None}, True),
        ("update", {"x": 1, "o": {"p": 1, "q": 2}}, True),
    ],
)
def test_overwrite_modes(doc, mode, fields, has_old_rev):
    """An insert of a known key succeeds; `update` drops nulls unless told otherwise."""
    ask, _ = doc
    body = {"_key": "a", "o": {"q": 2}, "n": None}
    response = ask("POST", f"{MANY}?overwriteMode={mode}", body)
    assert response.status == 202
    assert ("_oldRev" in response.document()) is has_old_rev
    stored = ask("GET", ONE).document()
    assert {k: v for k, v in stored.items() if not k.startswith("_")} == fields


@pytest.mark.parametrize("mode", ["conflict", "nonsense"])
def test_conflict_and_unknown_modes(doc, mode):
    """409/1210."""
    ask, _ = doc
    assert number(ask("POST", f"{MANY}?overwriteMode={mode}", {"_key": "a"})) == 1210


def test_overwrite_parameter_replaces(doc):
    """The old spelling of overwriteMode=replace."""
    ask, _ = doc
    body = ask("POST", f"{MANY}?overwrite=1&returnOld=1&returnNew=1", {"_key": "a"}).document()
    assert body["old"]["x"] == 1
    assert "x" not in body["new"]


def test_version_attribute_skips_older_writes(doc):
    """Not lower than stored: skipped silently, the revision stays."""
    ask, _ = doc
    target = f"{ONE}?versionAttribute=x"
    body = ask("PATCH", target, {"x": 1, "late": 1}).document()
    assert body["_oldRev"] == body["_rev"]
    assert "late" not in ask("GET", ONE).document()
    ask("PATCH", target, {"x": 2, "late": 1})
    assert ask("GET", ONE).document()["late"] == 1


def test_silent_answers_nothing_unless_it_fails(doc):
    """{} for success, the usual error otherwise."""
    ask, _ = doc
    assert ask("POST", f"{MANY}?silent=1", {}).document() == {}
    assert number(ask("POST", f"{MANY}?silent=1", {"_key": "a"})) == 1210
    assert ask("POST", f"{MANY}?silent=1", [{}, {}]).document() == {}
    response = ask("POST", f"{MANY}?silent=1", [{}, {"_key": "a"}, {"_key": 1}])
    assert [error["errorNum"] for error in response.document()] == [1210, 1221]
    assert orjson.loads(response.headers["X-Arango-Error-Codes"]) == {"1210": 1, "1221": 1}


@pytest.mark.parametrize(
    ("method", "items", "errors"),
    [
        ("POST", [{}, 1, {"_key": "a"}, {"_key": "#"}], [None, 1227, 1210, 1221]),
        ("PATCH", [{"_key": "a"}, {"_key": "z"}, {}, 1], [None, 1202, 1205, 1227]),
        ("PUT", [{"_key": "a"}, {"_key": "z"}, {}, None], [None, 1202, 1205, 1227]),
        ("DELETE", ["a", "z", {"_key": "a"}, 5, {}], [None, 1202, 1202, 1205, 1205]),
        ("DELETE", ["c/a", "other/a"], [None, 1213]),
    ],
)
def test_arrays_answer_element_by_element(doc, method, items, errors):
    """202 whatever fails; errors in place, without `code`, counted in the header."""
    ask, _ = doc
    response = ask(method, MANY, items)
    assert response.status == 202
    results = response.document()
    assert [result.get("errorNum") for result in results] == errors
    for result in results:
        if "error" in result:
            assert set(result) == {"error", "errorNum", "errorMessage"}
    counts = orjson.loads(response.headers["X-Arango-Error-Codes"])
    assert sum(counts.values()) == sum(error is not None for error in errors)


def test_good_arrays_have_no_error_header(ask):
    """The header is only there for errors."""
    assert "X-Arango-Error-Codes" not in ask("POST", MANY, [{}, {}]).headers


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_array_calls_need_arrays(ask, method):
    """400/1227."""
    assert number(ask(method, MANY, {"_key": "a"})) == 1227


@pytest.mark.parametrize("value", ["true", "false", ""])
def test_onlyget_reads_by_its_presence(doc, value):
    """200, errors inline, never the header."""
    ask, rev = doc
    response = ask("PUT", f"{MANY}?onlyget={value}", ["a", {"_key": "a"}, "z"])
    assert response.status == 200
    assert [item.get("_rev") for item in response.document()] == [rev, rev, None]
    assert response.document()[2]["errorNum"] == 1202
    assert "X-Arango-Error-Codes" not in response.headers


def test_edges_need_both_ends(ask):
    """400/1233."""
    ask("POST", "/_api/collection", {"name": "e", "type": 3})
    for body in ({}, {"_from": "c/1"}, {"_from": "c/1", "_to": "x"}, {"_from": 1, "_to": "c/2"}):
        assert number(ask("POST", "/_api/document/e", body)) == 1233
    body = {"_key": "1", "_from": "c/1", "_to": "c/2"}
    assert ask("POST", "/_api/document/e", body).status == 202
    assert number(ask("PUT", "/_api/document/e/1", {"x": 1})) == 1233
    assert ask("PATCH", "/_api/document/e/1", {"x": 1}).status == 202


def test_odd_parameters_are_ignored(doc):
    """A DELETE may carry overwrite=0."""
    ask, _ = doc
    target = f"{ONE}?ignoreRevs=0&returnOld=0&silent=0&overwrite=0&waitForSync=1"
    response = ask("DELETE", target)
    assert (response.status, set(response.document())) == (200, {"_id", "_key", "_rev"})


@pytest.mark.parametrize(
    ("options", "keys"),
    [
        ({"type": "autoincrement", "increment": 5, "offset": 10}, ["15", "20", "105", "110"]),
        ({"type": "padded"}, None),
        ({"type": "uuid"}, None),
        ({}, None),
    ],
)
def test_key_generators(ask, options, keys):
    """autoincrement goes on after a user's key; padded keys sort."""
    ask("POST", "/_api/collection", {"name": "k", "keyOptions": options})
    made = [ask("POST", "/_api/document/k", {}).document()["_key"] for _ in range(2)]
    ask("POST", "/_api/document/k", {"_key": "105"})
    made += ["105", ask("POST", "/_api/document/k", {}).document()["_key"]]
    assert len(set(made)) == 4
    if keys:
        assert made == keys
    if options.get("type") == "padded":
        assert [len(key) for key in made[:2]] == [16, 16]


def test_user_keys_can_be_forbidden(ask):
    """400/1222."""
    ask("POST", "/_api/collection", {"name": "k", "keyOptions": {"allowUserKeys": False}})
    assert number(ask("POST", "/_api/document/k", {"_key": "a"})) == 1222


def test_unique_index_on_array_elements(ask):
    """[*] indexes every element; sparse leaves nulls out."""
    index = {"type": "persistent", "fields": ["tags[*].n"], "unique": True, "sparse": True}
    assert ask("POST", "/_api/index?collection=c", index).status == 201
    assert ask("POST", MANY, {"tags": [{"n": 1}, {"n": 1}, {"n": 2}]}).status == 202
    assert ask("POST", MANY, {"tags": [{}, {}]}).status == 202
    assert ask("POST", MANY, {"tags": [{}]}).status == 202
    assert number(ask("POST", MANY, {"tags": [{"n": 2}]})) == 1210


def test_unique_index_is_kept_by_updates_and_freed_by_removal(ask):
    """The index follows the documents; true is not 1."""
    ask("POST", "/_api/index?collection=c", {"type": "persistent", "fields": ["v"], "unique": True})
    ask("POST", MANY, [{"_key": "1", "v": 1}, {"_key": "2", "v": True}, {"_key": "3", "v": "1"}])
    assert number(ask("PATCH", "/_api/document/c/2", {"v": 1.0})) == 1210
    assert ask("GET", "/_api/document/c/2").document()["v"] is True
    ask("DELETE", "/_api/document/c/1")
    assert ask("PATCH", "/_api/document/c/2", {"v": 1}).status == 202


def test_index_over_duplicates_is_refused(ask):
    """409/1210 and the index does not exist afterwards."""
    ask("POST", MANY, [{"v": 1}, {"v": 1}])
    index = {"type": "persistent", "fields": ["v"], "unique": True}
    assert number(ask("POST", "/_api/index?collection=c", index)) == 1210
    assert len(ask("GET", "/_api/index?collection=c").document()["indexes"]) == 1


def test_keys_may_hold_what_a_url_must_encode(ask):
    """%25 and friends are decoded once."""
    ask("POST", MANY, {"_key": "50%'s"})
    assert ask("GET", "/_api/document/c/50%25%27s").status == 200


def test_too_many_documents_is_a_clear_error(build):
    """500/32 naming the limit; what was there stays."""
    ask = build(limits=Limits(max_documents=2))
    ask("POST", "/_api/collection", {"name": "c"})
    ask("POST", MANY, [{}, {}])
    response = ask("POST", MANY, {})
    assert (response.status, number(response)) == (500, 32)
    assert "max_documents" in response.document()["errorMessage"]
    ask("PUT", "/_api/collection/c/truncate")
    assert ask("POST", MANY, {}).status == 202


def test_too_many_bytes_rolls_an_array_back(build):
    """A failure of the whole operation writes nothing."""
    ask = build(limits=Limits(max_bytes=1000))
    ask("POST", "/_api/collection", {"name": "c"})
    response = ask("POST", MANY, [{"s": "x" * 300}] * 10)
    assert number(response) == 32
    assert ask("GET", "/_api/collection/c/count").document()["count"] == 0


def test_deep_nesting_is_refused(ask):
    """400/600, no traceback, at every depth."""
    for depth in (200, 300, 900, 5000):
        body = b'{"a":' * depth + b"1" + b"}" * depth
        response = ask("POST", MANY, body)
        assert response.status in (202, 400), depth
        if response.status == 400:
            assert number(response) == 600
