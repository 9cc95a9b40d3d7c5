"""From the text of a query to its syntax tree, with ArangoDB's words for what is wrong.

Knows the grammar's terminals by their readable names. Knows nothing of running a query.
"""

from __future__ import annotations

import threading
from functools import lru_cache

from lark import Lark
from lark.exceptions import LarkError, UnexpectedCharacters, UnexpectedToken

from arango_jobs.local.aql import nodes
from arango_jobs.local.aql.builder import Builder
from arango_jobs.local.aql.grammar import read_grammar
from arango_jobs.local.errors import ArangoError

__all__ = ["parse"]

_SNIPPET = 32
_TICKS = "`\u00b4"

_NAMES = {
    "$END": "end of query string", "IDENTIFIER": "identifier", "QUOTED_IDENTIFIER": "identifier",
    "STRING": "quoted string", "NUMBER": "number", "BIND": "bind parameter",
    "BIND_COLLECTION": "bind data source parameter", "EQUALITY": "comparison operator",
    "RELATION": "comparison operator", "PLUS": "+ operator", "MINUS": "- operator",
    "STAR": "* operator", "SLASH": "/ operator", "PERCENT": "% operator", "_AND": "and operator",
    "_OR": "or operator", "NOT": "not operator", "IN": "IN keyword", "NOT_IN": "not in operator",
    "LIKE": "like operator", "NOT_LIKE": "not like operator", "TRUE": "true", "FALSE": "false",
    "NULL": "null", "EQUAL": "assignment", "COMMA": "','", "DOT": "'.'", "COLON": "':'",
    "LPAR": "(", "RPAR": ")", "LSQB": "[", "RSQB": "]", "LBRACE": "{", "RBRACE": "}", "QMARK": "?",
    "_WITH": "WITH keyword", "_INTO": "INTO keyword", "_FOR": "FOR declaration",
    "_LET": "LET declaration", "_FILTER": "FILTER declaration", "_RETURN": "RETURN declaration",
    "_COLLECT": "COLLECT declaration", "_SORT": "SORT declaration", "_LIMIT": "LIMIT declaration",
    "_WINDOW": "WINDOW declaration", "DISTINCT": "DISTINCT modifier",
    "_AGGREGATE": "AGGREGATE keyword", "ORDER": "ASC or DESC keyword", "_GRAPH": "GRAPH keyword",
    "_REMOVE": "REMOVE command", "_INSERT": "INSERT command", "UPDATE": "UPDATE command",
    "REPLACE": "REPLACE command", "_UPSERT": "UPSERT command",
}  # fmt: skip

_lock = threading.Lock()
_built: list[Lark] = []


def _lark() -> Lark:
    """Return the parser, built at the first use: it takes a moment and a thread-safe guard."""
    if not _built:
        with _lock:
            if not _built:
                _built.append(
                    Lark(read_grammar(), parser="lalr", lexer="contextual", transformer=Builder(),
                         maybe_placeholders=True)
                )  # fmt: skip
    return _built[0]


def _error(text: str, what: str, offset: int) -> ArangoError:
    line = text.count("\n", 0, offset) + 1
    column = offset - (text.rfind("\n", 0, offset) + 1) + 1
    near = text[offset:]
    if len(near) > _SNIPPET:
        near = near[:_SNIPPET] + "..."
    message = f"AQL: syntax error, unexpected {what} near '{near}' at position {line}:{column}"
    return ArangoError(1501, f"{message} (while parsing)", 400)


def _of_token(text: str, error: UnexpectedToken) -> ArangoError:
    kind = error.token.type
    if kind == "$END":
        return _error(text, _NAMES[kind], len(text))
    name = _NAMES.get(kind, f"{error.token} keyword")
    return _error(text, name, error.token.start_pos or 0)


def _of_character(text: str, error: UnexpectedCharacters) -> ArangoError:
    offset = error.pos_in_stream or 0
    if text[offset] in "\"'":
        return _error(text, "unterminated quoted string", offset)
    if text[offset] in _TICKS:
        return _error(text, "unterminated quoted identifier", offset)
    if text.startswith("/*", offset):
        return _error(text, "unterminated multi-line comment", offset)
    return _error(text, "character", offset)


@lru_cache(maxsize=512)
def _parse(text: str) -> nodes.Query:
    try:
        query = _lark().parse(text)
    except UnexpectedToken as error:
        raise _of_token(text, error) from None
    except UnexpectedCharacters as error:
        raise _of_character(text, error) from None
    except LarkError as error:
        raise ArangoError(1501, f"AQL: syntax error, {error} (while parsing)", 400) from error
    assert isinstance(query, nodes.Query)
    if not query.statements or not isinstance(
        query.statements[-1], (nodes.Return, nodes.Modification, nodes.Upsert)
    ):
        raise _error(text, _NAMES["$END"], len(text))
    return query


def parse(text: str) -> nodes.Query:
    """Return the syntax tree of `text`, or raise 1501 (1502 if there is nothing in it)."""
    if not text.strip():
        raise ArangoError(1502, "AQL: query is empty (while parsing)", 400)
    try:
        return _parse(text)
    except RecursionError:
        raise ArangoError(1501, "AQL: query is nested too deeply (while parsing)", 400) from None
