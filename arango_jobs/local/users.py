"""Users, their passwords and tokens, and what they may do.

Rights are ``rw``, ``ro`` or ``none``, per database and per collection, with ``*`` as the default
for those that are not named.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from typing import Any

from arango_jobs.local.errors import ArangoError

__all__ = ["LEVELS", "AccessToken", "User", "Users"]

LEVELS = {"none": 0, "ro": 1, "rw": 2}


@dataclass(slots=True)
class AccessToken:
    """A token that works in place of the password until it expires."""

    id: int
    name: str
    secret: str
    created_at: int
    valid_until: int

    def describe(self, now: float) -> dict[str, Any]:
        """Return the token as `/_api/token` lists it, without its secret."""
        return {
            "id": self.id,
            "name": self.name,
            "created_at": self.created_at,
            "valid_until": self.valid_until,
            "fingerprint": f"v1...{self.secret[-6:]}",
            "active": now < self.valid_until,
        }


@dataclass(slots=True)
class User:
    """One user with its grants."""

    name: str
    salt: str
    digest: str
    active: bool = True
    extra: Any = field(default_factory=dict)
    databases: dict[str, str] = field(default_factory=dict)
    collections: dict[tuple[str, str], str] = field(default_factory=dict)
    tokens: dict[int, AccessToken] = field(default_factory=dict)

    def describe(self) -> dict[str, Any]:
        """Return the user as `/_api/user` shows it."""
        return {"user": self.name, "active": self.active, "extra": self.extra}

    def database_level(self, database: str) -> str:
        """Return the level on a database."""
        return self.databases.get(database) or self.databases.get("*") or "none"

    def collection_level(self, database: str, collection: str) -> str:
        """Return the level on a collection; without a grant it is the database's."""
        for place in ((database, collection), (database, "*"), ("*", "*")):
            level = self.collections.get(place)
            if level is not None:
                return level
        return self.database_level(database)


class Users:
    """The users by name; `version` changes with every change of one."""

    def __init__(self) -> None:
        self.by_name: dict[str, User] = {}
        self.version = 0
        self._token_ids = 0

    def create(
        self, name: object, password: object = "", *, active: object = True, extra: object = None
    ) -> User:
        """Create a user; raise 1700 for a bad name and 1702 for a taken one."""
        if not isinstance(name, str) or not name or name.startswith(":role:"):
            raise ArangoError(1700)
        if name in self.by_name:
            raise ArangoError(1702)
        user = User(name, "", "")
        self.change(user, password=password, active=active, extra=extra if extra else {})
        self.by_name[name] = user
        return user

    def get(self, name: str) -> User:
        """Return a user, or raise 1703."""
        user = self.by_name.get(name)
        if user is None:
            raise ArangoError(1703)
        return user

    def change(
        self, user: User, *, password: object = None, active: object = None, extra: object = None
    ) -> None:
        """Change what is given."""
        for value, kinds, what in (
            (password, str, "passwd"),
            (active, bool, "active"),
            (extra, dict, "extra"),
        ):
            if value is not None and not isinstance(value, kinds):
                raise ArangoError(10, f"'{what}' has the wrong type")
        if isinstance(password, str):
            user.salt = secrets.token_hex(4)
            user.digest = _digest(user.salt, password)
        if isinstance(active, bool):
            user.active = active
        if extra is not None:
            user.extra = extra
        self.version += 1

    def remove(self, name: str) -> None:
        """Remove a user."""
        self.get(name)
        del self.by_name[name]
        self.version += 1

    def grant(self, user: User, database: str, collection: str | None, level: object) -> None:
        """Set a level on a database, or on a collection of it."""
        if not isinstance(level, str) or level not in LEVELS:
            raise ArangoError(10, "expecting 'grant' to be one of 'rw', 'ro', 'none'")
        if collection is None:
            user.databases[database] = level
        else:
            user.collections[database, collection] = level
        self.version += 1

    def revoke(self, user: User, database: str, collection: str | None) -> None:
        """Take back what was set on a database, or on a collection of it."""
        if collection is None:
            user.databases.pop(database, None)
        else:
            user.collections.pop((database, collection), None)
        self.version += 1

    def forget_database(self, database: str) -> None:
        """Take back all grants on a dropped database."""
        for user in self.by_name.values():
            self.revoke(user, database, None)
            for place in [place for place in user.collections if place[0] == database]:
                del user.collections[place]

    def create_token(self, user: User, name: object, valid_until: float, now: float) -> AccessToken:
        """Create an access token; its name must be new among the user's."""
        if not isinstance(name, str) or not name:
            raise ArangoError(10, "expecting 'name' to be a non-empty string")
        if any(token.name == name for token in user.tokens.values()):
            raise ArangoError(10, "access token with this name exists already", 409)
        self._token_ids += 1
        secret = "v1." + secrets.token_hex(24)
        token = AccessToken(self._token_ids, name, secret, int(now), int(valid_until))
        user.tokens[token.id] = token
        self.version += 1
        return token

    def remove_token(self, user: User, token_id: int) -> None:
        """Remove an access token."""
        if user.tokens.pop(token_id, None) is None:
            raise ArangoError(404, "access token not found")
        self.version += 1

    def authenticate(self, name: str, password: str, now: float) -> User | None:
        """Return the user whose password, or valid access token, this is."""
        user = self.by_name.get(name) if name else self._owner_of(password)
        if user is None or not user.active:
            return None
        if hmac.compare_digest(_digest(user.salt, password), user.digest):
            return user
        for token in user.tokens.values():
            if hmac.compare_digest(token.secret, password) and now < token.valid_until:
                return user
        return None

    def _owner_of(self, secret: str) -> User | None:
        for user in self.by_name.values():
            if any(token.secret == secret for token in user.tokens.values()):
                return user
        return None


def _digest(salt: str, password: str) -> str:
    return hashlib.sha256((salt + password).encode("utf-8", "surrogatepass")).hexdigest()
