"""ArangoDB's error numbers, their texts, and the HTTP status each one gets.

Knows nothing of requests or of the store; everybody in `local` raises `ArangoError`.
"""

from __future__ import annotations

from typing import Any

__all__ = ["MESSAGES", "STATUS_OF", "ArangoError", "error_document"]

# server-protocol.md §8.1; whatever is not listed is a 500.
STATUS_OF: dict[int, int] = {
    9: 501, 10: 400, 11: 403, 17: 400, 21: 410, 30: 503, 400: 400, 401: 401, 403: 403, 404: 404, 405: 405, 409: 409,
    410: 410, 412: 412, 501: 501, 503: 503, 600: 400, 1004: 403, 1200: 412, 1202: 404, 1203: 404, 1205: 400, 1207: 409,
    1208: 400, 1210: 409, 1212: 404, 1213: 400, 1214: 400, 1216: 400, 1217: 400, 1218: 400, 1220: 400, 1221: 400,
    1222: 400, 1225: 503, 1226: 400, 1227: 400, 1228: 404, 1229: 400, 1230: 403, 1233: 400, 1449: 404, 1465: 503,
    1470: 501, 1477: 501, 1478: 503, 1500: 410, 1501: 400, 1504: 400, 1510: 400, 1511: 400, 1512: 400, 1540: 400,
    1541: 400, 1542: 400, 1551: 400, 1552: 400, 1562: 400, 1572: 400, 1573: 400, 1574: 400, 1576: 400, 1577: 400,
    1578: 400, 1579: 400, 1585: 400, 1591: 404, 1600: 404, 1601: 409, 1620: 400, 1651: 400, 1652: 400, 1653: 400,
    1654: 410, 1655: 404, 1659: 400, 1700: 400, 1701: 400, 1702: 409, 1703: 404, 1704: 401, 1920: 400, 1921: 404,
    1922: 400, 1923: 400, 1924: 404, 1925: 409, 1926: 404, 1927: 400, 1928: 400, 1929: 409, 1930: 404, 1931: 400,
    1932: 400, 1933: 400, 1935: 400, 1940: 400, 1947: 400, 21003: 503, 21004: 412,
}  # fmt: skip

MESSAGES: dict[int, str] = {
    4: "internal error", 9: "not implemented", 10: "bad parameter", 11: "forbidden", 17: "illegal number",
    21: "canceled request", 30: "shutdown in progress", 32: "resource limit exceeded", 400: "bad parameter",
    401: "unauthorized", 404: "not found", 405: "method not supported", 600: "invalid JSON object",
    1004: "read only", 1200: "conflict, _rev values do not match", 1202: "document not found",
    1203: "collection or view not found", 1205: "illegal document identifier", 1207: "duplicate name",
    1208: "illegal name", 1210: "unique constraint violated", 1212: "index not found",
    1213: "cross collection request not allowed", 1214: "illegal document handle", 1218: "cannot drop system collection",
    1221: "illegal document key", 1222: "unexpected document key", 1227: "invalid document type",
    1228: "database not found", 1229: "database name invalid", 1230: "operation only allowed in system database",
    1233: "edge attribute missing or invalid", 1449: "cluster server unknown", 1465: "connection lost",
    1478: "A cluster backend which was required for the operation could not be reached",
    1500: "query killed", 1591: "query not found", 1600: "cursor not found", 1601: "cursor is busy",
    1655: "transaction not found", 1702: "duplicate user", 1703: "user not found", 1700: "invalid user name",
    1921: "edge collection not used in graph", 1924: "graph not found", 1925: "graph already exists",
    1926: "vertex collection does not exist or is not part of the graph",
    1930: "edge collection not used in graph", 21003: "queue is full", 21004: "queue time violated",
}  # fmt: skip


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
