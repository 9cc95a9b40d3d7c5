"""Document keys and names: what is allowed, and the key generators."""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from arango_jobs.local.errors import ArangoError
from arango_jobs.local.store.ticks import Ticks

__all__ = ["KeyGenerator", "check_collection_name", "check_key", "split_id", "valid_key"]

_KEY = re.compile(r"[A-Za-z0-9_\-:.@()+,=;$!*'%]{1,254}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_\-]{0,255}")
# Extended names are allowed for new collections since 3.12.
_EXTENDED_NAME = re.compile(r"[^\d\s./:\x00-\x1f][^/:\x00-\x1f]{0,254}(?<!\s)")

_NUMERIC = frozenset({"traditional", "autoincrement"})
_MAX_DIGITS = 19


def valid_key(key: object) -> bool:
    """Tell whether `key` may be a document's `_key`."""
    return isinstance(key, str) and _KEY.fullmatch(key) is not None


def check_key(key: object) -> str:
    """Return `key`, or raise 1221."""
    if isinstance(key, str) and _KEY.fullmatch(key):
        return key
    raise ArangoError(1221)


def check_collection_name(name: object, *, system: bool = False) -> str:
    """Return `name`, or raise 1208."""
    if not isinstance(name, str) or not name:
        raise ArangoError(1208, "collection name must be non-empty")
    if not (_NAME.fullmatch(name) or _EXTENDED_NAME.fullmatch(name)):
        raise ArangoError(1208, "illegal name")
    if name.startswith("_") and not system:
        raise ArangoError(1208, "illegal name")
    return name


def split_id(handle: object) -> tuple[str, str]:
    """Split a document id into collection and key, or raise 1205."""
    if isinstance(handle, str):
        collection, slash, key = handle.partition("/")
        if slash and collection and valid_key(key):
            return collection, key
    raise ArangoError(1205, "illegal document identifier")


class KeyGenerator:
    """Makes the keys that a collection's users leave out."""

    def __init__(self, options: Mapping[str, Any], ticks: Ticks) -> None:
        self.type = str(options.get("type") or "traditional")
        if self.type not in ("traditional", "autoincrement", "uuid", "padded"):
            raise ArangoError(1232, f"unknown key generator type '{self.type}'", 400)
        self.allow_user_keys = options.get("allowUserKeys", True) is not False
        self.increment = self._positive(options, "increment", 1)
        self.offset = self._positive(options, "offset", 0)
        self.last_value = self.offset
        self._ticks = ticks
        self._lock = threading.Lock()
        makers: dict[str, Callable[[], str]] = {
            "traditional": self._traditional,
            "autoincrement": self._autoincrement,
            "uuid": lambda: str(uuid.uuid4()),
            "padded": lambda: f"{ticks.next():016x}",
        }
        self.make = makers[self.type]

    @staticmethod
    def _positive(options: Mapping[str, Any], name: str, default: int) -> int:
        value = options.get(name, default)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise ArangoError(10, f"{name} must be a non-negative number")
        return value

    def _traditional(self) -> str:
        with self._lock:
            self.last_value = max(self._ticks.next(), self.last_value + 1)
            return str(self.last_value)

    def _autoincrement(self) -> str:
        with self._lock:
            self.last_value += self.increment
            return str(self.last_value)

    def note(self, key: str) -> None:
        """Take a user's key into account, so that it is not made again."""
        if self.type in _NUMERIC and len(key) <= _MAX_DIGITS and key.isdecimal():
            with self._lock:
                self.last_value = max(self.last_value, int(key))

    def describe(self) -> dict[str, Any]:
        """Return `keyOptions` as collection properties show them."""
        shown: dict[str, Any] = {"allowUserKeys": self.allow_user_keys, "type": self.type}
        if self.type == "autoincrement":
            shown |= {"increment": self.increment, "offset": self.offset}
        if self.type != "uuid":
            shown["lastValue"] = self.last_value
        return shown
