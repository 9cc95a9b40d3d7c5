"""ArangoDB's error numbers, their texts, and the HTTP status each one gets.

Knows nothing of requests or of the store; everybody in `local` raises `ArangoError`.
"""

from __future__ import annotations

from typing import Any

__all__ = ["MESSAGES", "STATUS_OF", "ArangoError", "error_document"]

# server-protocol.md §8.1; whatever is not listed is a 500.
_NUMBERS: dict[int, tuple[int, ...]] = {
    400: (10, 17, 400, 600, 1205, 1208, 1213, 1214, 1216, 1217, 1218, 1220, 1221, 1222, 1226,
          1227, 1229, 1233, 1501, 1504, 1510, 1511, 1512, 1540, 1541, 1542, 1551, 1552, 1562,
          1572, 1573, 1574, 1576, 1577, 1578, 1579, 1585, 1620, 1651, 1652, 1653, 1659, 1700,
          1701, 1920, 1922, 1923, 1927, 1928, 1931, 1932, 1933, 1935, 1940, 1947),
    401: (401, 1704),
    403: (11, 403, 1004, 1230),
    404: (404, 1202, 1203, 1212, 1228, 1449, 1591, 1600, 1655, 1703, 1921, 1924, 1926, 1930),
    405: (405,),
    409: (409, 1207, 1210, 1601, 1702, 1925, 1929),
    410: (21, 410, 1500, 1654),
    412: (412, 1200, 21004),
    501: (9, 501, 1470, 1477),
    503: (30, 503, 1225, 1465, 1478, 21003),
}  # fmt: skip
STATUS_OF = {number: status for status, numbers in _NUMBERS.items() for number in numbers}

MESSAGES: dict[int, str] = {
    4: "internal error",
    9: "not implemented",
    10: "bad parameter",
    11: "forbidden",
    17: "illegal number",
    21: "canceled request",
    30: "shutdown in progress",
    32: "resource limit exceeded",
    400: "bad parameter",
    401: "unauthorized",
    404: "not found",
    405: "method not supported",
    600: "invalid JSON object",
    1004: "read only",
    1200: "conflict, _rev values do not match",
    1202: "document not found",
    1203: "collection or view not found",
    1205: "illegal document identifier",
    1207: "duplicate name",
    1208: "illegal name",
    1210: "unique constraint violated",
    1212: "index not found",
    1213: "cross collection request not allowed",
    1214: "illegal document handle",
    1218: "cannot drop system collection",
    1221: "illegal document key",
    1222: "unexpected document key",
    1227: "invalid document type",
    1228: "database not found",
    1229: "database name invalid",
    1230: "operation only allowed in system database",
    1233: "edge attribute missing or invalid",
    1449: "cluster server unknown",
    1465: "connection lost",
    1478: "A cluster backend which was required for the operation could not be reached",
    1500: "query killed",
    1591: "query not found",
    1600: "cursor not found",
    1601: "cursor is busy",
    1655: "transaction not found",
    1700: "invalid user name",
    1702: "duplicate user",
    1703: "user not found",
    1921: "edge collection not used in graph",
    1924: "graph not found",
    1925: "graph already exists",
    1926: "vertex collection does not exist or is not part of the graph",
    1930: "edge collection not used in graph",
    21003: "queue is full",
    21004: "queue time violated",
}


class ArangoError(Exception):
    """A refusal as ArangoDB words it: error number, message, HTTP status."""

    def __init__(
        self, error_num: int, message: str | None = None, status: int | None = None, **extra: Any
    ) -> None:
        self.error_num = error_num
        self.message = message or MESSAGES.get(error_num, "internal error")
        self.status = status or STATUS_OF.get(error_num, 500)
        self.extra = extra
        super().__init__(self.message)

    def __repr__(self) -> str:
        return f"ArangoError({self.error_num}, {self.message!r}, status={self.status})"


def error_document(error: ArangoError) -> dict[str, Any]:
    """Return the JSON body of an error answer (server-protocol.md §8.1)."""
    return {
        "code": error.status,
        "error": True,
        "errorMessage": error.message,
        "errorNum": error.error_num,
        **error.extra,
    }
