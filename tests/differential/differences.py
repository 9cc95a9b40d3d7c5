# ruff: noqa: E501 - a table of prose
"""Where this library deliberately differs from python-arango, and why; docs/differences.md shows it.

A step of `scripts.py` names the rows that it shows. A row that no step shows any more, or a
difference without a row, fails the tests.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DIFFERENCES", "ROWS", "Difference"]


@dataclass(frozen=True)
class Difference:
    """One deliberate difference: `fields` of an error may differ ("result": anything may)."""

    key: str
    call: str
    theirs: str
    ours: str
    why: str
    fields: frozenset[str] = frozenset({"result"})
    contexts: tuple[str, ...] = ("direct", "async", "managed")


_SERVERS = frozenset({
    "error", "message", "source", "http_code", "error_code", "error_message", "http_method", "url",
    "request", "response",
})  # fmt: skip
_ANY = _SERVERS | {"result"}
_WORDS = frozenset({"message"})
_CLASS = frozenset({"error", "message", "source"})

DIFFERENCES = (
    Difference(
        "no-documents", "`insert(\"text\")`, `insert_many([7])`, `update(\"key\")` and so on",
        "whatever it is is sent, and the server refuses it; or `AttributeError`, `TypeError`",
        "`DocumentParseError` in the call",
        "a mistake in the program is found where it was made, and nothing is sent",
        _ANY,
    ),
    Difference(
        "key-types", "a key that is no string (`get(7)`, `update({\"_key\": 7})`)",
        "`TypeError` of an operator inside the driver",
        "`DocumentParseError` in the call",
        "it says what a key is, and is an `ArangoJobsError`",
        _CLASS,
    ),
    Difference(
        "no-key", "an empty key (`get(\"\")`, `update({\"_key\": \"\"})`)",
        "the path then names the whole collection, and the server answers for that",
        "`DocumentParseError` in the call",
        "no document has an empty key",
        _SERVERS,
    ),
    Difference(
        "no-id", "`document(\"key\")`, `delete_document(\"key\")`: an id without a collection",
        "the key is taken for the name of a collection",
        "`DocumentParseError`, which says what an id looks like",
        "nobody means that collection",
        _SERVERS,
    ),
    Difference(
        "has-by-get", "`has` with a revision that is not the stored one",
        "asks by HEAD, whose answer has no body: error 412, \"Precondition Failed\"",
        "asks by GET: error 1200, with ArangoDB's own words",
        "the result of a HEAD that ran as a job cannot be fetched from several versions of ArangoDB",
        frozenset({"message", "error_code", "error_message", "http_method", "request", "response"}),
    ),
    Difference(
        "at-once", "`len(collection)`, `in`, `for` in the async and managed contexts",
        "`TypeError` (async), or a job that nobody looks at is taken for true",
        "`UnsupportedInContextError`, a `TypeError`, which names the call to use; nothing is sent",
        "Python wants a number or a truth value at once, which these contexts cannot give",
        _CLASS | {"result"}, ("async", "managed"),
    ),
    Difference(
        "silent-many", "`insert_many(…, silent=True)` and its like, where documents were refused",
        "`True`",
        "the list of the errors alone",
        "an error that the server has told is never hidden",
    ),
    Difference(
        "failed-batches", "`import_bulk(…, batch_size=…)` of which a batch fails",
        "the batch's `DocumentInsertError`; which documents are stored is unknown",
        "`DocumentImportError`, a `DocumentInsertError` with the same numbers, that tells in `imported` and `failures` what became of each batch",
        "what was imported stays imported, so one has to know it. A manager sends the batches beside one another, so one after a failed one may be stored",
        frozenset({"error", "message"}), ("direct", "managed"),
    ),
    Difference(
        "overwrite-in-batches", "`import_bulk(…, batch_size=…, overwrite=True)`",
        "`ValueError`",
        "`OptionError`, a `ValueError`",
        "every error of this library is an `ArangoJobsError`",
        _CLASS,
    ),
    Difference(
        "batch-size", "`import_bulk(…, batch_size=0)` and less",
        "`ValueError` of `range()`, or nothing is imported, without an error",
        "`OptionError`, a `ValueError`",
        "it names the option",
        _CLASS | {"result"},
    ),
    Difference(
        "assertions", "options that cannot be (`find([])`, `skip=-1`, `limit=\"1\"`)",
        "`AssertionError`, which `python -O` leaves out",
        "`OptionError`, a `ValueError`, which names the option and its value",
        "the check must not depend on a switch of the interpreter",
        _CLASS,
    ),
    Difference(
        "option-types", "options of the wrong type (`silent=\"no\"`, `batch_size=\"2\"`)",
        "go to the server as text, which takes `\"no\"` for true or for false, or refuses them; a text may be taken apart into letters",
        "`OptionError`, which names the option, the type and what is allowed",
        "`\"no\"` was meant to be false", _ANY,
    ),
    Difference(
        "quoting", "names and ids that hold a slash, in a path",
        "go into the path as they are, and name something else",
        "are quoted, so that they stay one part of the path",
        "a name from outside must not reach another part of the API",
        frozenset({"message", "error_code", "error_message", "response"}),
    ),
    Difference(
        "surrogates", "half of a surrogate pair in a text, such as a cut emoji (`\"\\ud83d\"`)",
        "is sent, and the server refuses the whole body",
        "`JSONEncodeError` in the call, with the path to it",
        "ArangoDB stores UTF-8, in which there is no such character; in an array it would take the other documents with it",
        _SERVERS,
    ),
    Difference(
        "sort-words", "`find(…, sort=…)` that is malformed",
        "`SortValidationError`", "`SortValidationError`, in other words",
        "ours say which order was meant", _WORDS,
    ),
    Difference(
        "no-schema", "`configure(schema={})`",
        "`ValueError`", "`OptionError`, a `ValueError`",
        "every error of this library is an `ArangoJobsError`", frozenset({"error", "source"}),
    ),
    Difference(
        "named-users", "`create_database(users=[…])` with a user that lacks a password or a flag",
        "`KeyError`", "`OptionError`, which names what is missing",
        "it says what to do", _CLASS,
    ),
    Difference(
        "managed", "`.context` and `repr` of a manager's handles",
        "there is no such context", "`\"managed\"`, `<ManagedDatabase …>`",
        "it is a context of its own", contexts=("managed",),
    ),
    Difference(
        "handles", "`AsyncJob.host`, `AsyncJob.operation`, `ArangoClient.timeouts`",
        "not there", "which Coordinator took a job, what it does, and the budgets of time",
        "an addition", contexts=("direct",),
    ),
    Difference(
        "older-indexes", "`add_hash_index`, `add_fulltext_index`",
        "gone since version 8.0", "there, for servers that have such indexes",
        "an addition", _SERVERS,
    ),
    Difference(
        "connections", "`.conn`",
        "`BasicConnection`, `JwtConnection`, `JwtSuperuserConnection`", "`Connection`",
        "one class for every way of signing in",
    ),
    Difference(
        "headers", "the headers that `echo()` shows",
        "say that they are python-arango's, and accept compressed answers",
        "are those of this library; what runs as a job asks for no compression",
        "some versions of ArangoDB compress the stored result of a job twice",
    ),
    Difference(
        "versions", "`client.version`", "python-arango's version", "this library's version",
        "it is the version of the client", contexts=("direct",),
    ),
    Difference(
        "refused-login", "`client.db(…, verify=True)` with a wrong password",
        "`ServerConnectionError`", "`ServerConnectionError`, in other words",
        "the texts are our own", _WORDS, ("direct",),
    ),
    Difference(
        "refused-login-jwt", "`client.db(…, auth_method=\"jwt\")` with a wrong password",
        "asks for a token at once: `JWTAuthError`",
        "asks for a token with the first request, and raises `JWTAuthError` there",
        "`db()` sends nothing unless `verify` is set", contexts=("direct",),
    ),
    Difference(
        "auth-method", "`client.db(…, auth_method=\"nonsense\")`",
        "`ValueError`", "`OptionError`, a `ValueError`",
        "every error of this library is an `ArangoJobsError`", _CLASS, ("direct",),
    ),
    Difference(
        "token-form", "a `user_token` or `superuser_token` that is no JSON Web Token",
        "`DecodeError` of the library that reads tokens, or the server's 401 later",
        "`OptionError` in the call", "a mistake is found where it was made", _SERVERS, ("direct",),
    ),
)  # fmt: skip

ROWS = {row.key: row for row in DIFFERENCES}
assert len(ROWS) == len(DIFFERENCES)
