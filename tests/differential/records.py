"""What a step gave, as plain values that can be compared: results, errors, and what is stored."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from arango_jobs import Response

__all__ = ["Pairs", "record"]

_VARIES = re.compile(
    r"h[0-9A-F]+/\d+|(?<![\w-])_[\w-]{10,12}(?![\w-])|\d{5,}|(?<=/job/)\d+|(?<=job )\d+"
)
_ADDRESS = re.compile(r"https?://127\.0\.0\.1:\d+")
_OBJECT = re.compile(r"^\w+(\.\w+)*\(\)")
_MEASURED = frozenset({
    "execution_time", "executionTime", "uptime", "time", "documents_size", "selectivity",
    "selectivityEstimate", "selectivity_estimate", "peak_memory_usage", "peakMemoryUsage",
    "started", "run_time", "key_last_value", "runtime",
})  # fmt: skip


def record(value: Any) -> Any:
    """Return `value` as plain values."""
    if isinstance(value, BaseException):
        return _of_error(value)
    if isinstance(value, str):
        return _ADDRESS.sub("http://server", value)
    if isinstance(value, (int, float, type(None))):
        return value
    if isinstance(value, Mapping):
        return {
            str(key): type(item).__name__ if key in _MEASURED else record(item)
            for key, item in value.items()
        }
    if isinstance(value, (list, tuple, deque)):
        return [record(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted(record(item) for item in value)
    if isinstance(value, Response):
        return f"<Response {value.status}>"
    if type(value).__name__ == "Cursor":
        return _of_cursor(value)
    return f"<{type(value).__name__} {getattr(value, 'name', '')}>"


def _of_cursor(cursor: Any) -> Any:
    profile = cursor.profile()
    return {
        "cursor": record(cursor.batch() or ()),
        "facts": [cursor.type, cursor.count(), cursor.has_more(), cursor.cached()],
        "has_id": cursor.id is not None,
        "warnings": record(cursor.warnings()),
        "statistics": record(cursor.statistics()),
        "profile": None if profile is None else sorted(profile),
        "plan": cursor.plan() is not None,
    }


def _of_error(error: BaseException) -> Any:
    message = record(str(getattr(error, "message", None) or error))
    facts: dict[str, Any] = {
        "error": type(error).__name__,
        # Of the interpreter's own errors it names the class that has the method.
        "message": _OBJECT.sub("()", message) if type(error) is TypeError else message,
    }
    for name in ("source", "http_code", "error_code", "error_message", "http_method"):
        facts[name] = record(getattr(error, name, None))
    url = getattr(error, "url", None)
    # Each quotes as it likes what need not be quoted.
    facts["url"] = unquote(urlsplit(url).path) if url else None
    request, response = getattr(error, "request", None), getattr(error, "response", None)
    if request is not None:
        facts["request"] = [request.method, unquote(request.endpoint)]
    if response is not None:
        facts["response"] = [
            response.status_code, response.status_text, response.error_code,
            response.error_message, response.is_success, response.method, record(response.body),
        ]  # fmt: skip
    return facts


class Pairs:
    """Compares records; what differs from run to run has to differ in the same way throughout."""

    def __init__(self) -> None:
        self._pairs: dict[str, str] = {}

    def difference(self, theirs: Any, ours: Any) -> set[str]:
        """Return the fields that differ; "result" where they are no errors, or only one is."""
        if not (_is_error(theirs) and _is_error(ours)):
            return set() if self._same(theirs, ours) else {"result"}
        names = {*theirs, *ours}
        return {name for name in names if not self._same(theirs.get(name), ours.get(name))}

    def _same(self, theirs: Any, ours: Any) -> bool:
        if type(theirs) is not type(ours):
            return False
        if isinstance(theirs, dict):
            return theirs.keys() == ours.keys() and all(
                self._same(theirs[name], ours[name]) for name in theirs
            )
        if isinstance(theirs, list):
            return len(theirs) == len(ours) and all(map(self._same, theirs, ours))
        return self._same_text(theirs, ours) if isinstance(theirs, str) else theirs == ours

    def _same_text(self, theirs: str, ours: str) -> bool:
        if _VARIES.split(theirs) != _VARIES.split(ours):
            return False
        found = zip(_VARIES.findall(theirs), _VARIES.findall(ours), strict=True)
        return all(self._pairs.setdefault(one, other) == other for one, other in found)


def _is_error(value: Any) -> bool:
    return isinstance(value, dict) and "error" in value and "message" in value
