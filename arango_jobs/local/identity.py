"""Who sends a request: Basic, JWT, superuser token, or nobody.

Knows the `Authorization` header and the users, but no route.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from arango_jobs.clock import Clock
from arango_jobs.local.errors import ArangoError
from arango_jobs.local.tokens import read_token, sign_token
from arango_jobs.local.users import LEVELS, User, Users

__all__ = ["ANYBODY", "Authenticator", "Identity"]

SESSION_SECONDS = 3600.0  # --server.session-timeout


@dataclass(frozen=True, slots=True)
class Identity:
    """The sender of a request; a superuser has no user behind it (server-protocol.md §7)."""

    name: str
    user: User | None
    superuser: bool = False
    expires: float | None = None

    @property
    def owner(self) -> str | None:
        """Return whose jobs this sender sees; None: everybody's."""
        return None if self.superuser else self.name

    def database_level(self, database: str) -> str:
        """Return the level on a database."""
        if self.superuser:
            return "rw"
        return "none" if self.user is None else self.user.database_level(database)

    def collection_level(self, database: str, collection: str) -> str:
        """Return the level on a collection."""
        if self.superuser:
            return "rw"
        return "none" if self.user is None else self.user.collection_level(database, collection)

    def is_admin(self) -> bool:
        """Tell whether the sender may administer the server."""
        return LEVELS[self.database_level("_system")] >= LEVELS["rw"]


ANYBODY = Identity("", None, superuser=True)
NOBODY = Identity("", None)


class Authenticator:
    """Turns `Authorization` headers into identities, by the users and the JWT secret."""

    def __init__(self, users: Users, clock: Clock, *, secret: str, enabled: bool = True) -> None:
        self.enabled = enabled
        self._users = users
        self._clock = clock
        self._secret = secret
        self._known: dict[str, Identity] = {}
        self._version = users.version

    def identify(self, header: str | None) -> Identity | None:
        """Return who sent `header`; None if it proves nobody."""
        if not self.enabled:
            return ANYBODY
        if header is None:
            return None
        if self._version != self._users.version:
            self._known.clear()
            self._version = self._users.version
        found = self._known.get(header)
        if found is None:
            found = self._read(header)
            if found is None:
                return None
            if len(self._known) < 1000:
                self._known[header] = found
        if found.expires is not None and self._clock.time() >= found.expires:
            return None
        return found

    def log_in(self, name: object, password: object) -> str:
        """Return a JWT for a user (`/_open/auth`); raise 401 for wrong credentials."""
        if not isinstance(name, str) or not isinstance(password, str):
            raise ArangoError(400, "expecting 'username' and 'password' to be strings")
        user = self._users.authenticate(name, password, self._clock.time())
        if user is None:
            raise ArangoError(401, "Wrong credentials")
        now = int(self._clock.time())
        claims = {
            "iss": "arangodb",
            "iat": now,
            "exp": now + int(SESSION_SECONDS),
            "preferred_username": user.name,
        }
        return sign_token(claims, self._secret)

    def _read(self, header: str) -> Identity | None:
        scheme, _, rest = header.partition(" ")
        if scheme.lower() == "basic":
            return self._basic(rest.strip())
        if scheme.lower() == "bearer":
            return self._bearer(rest.strip())
        return None

    def _basic(self, text: str) -> Identity | None:
        try:
            name, _, password = base64.b64decode(text, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        user = self._users.authenticate(name, password, self._clock.time())
        if user is None:
            return None
        ends = [t.valid_until for t in user.tokens.values() if t.secret == password]
        return Identity(user.name, user, expires=float(ends[0]) if ends else None)

    def _bearer(self, token: str) -> Identity | None:
        claims = read_token(token, self._secret)
        if claims is None:
            return None
        expires = claims.get("exp")
        if expires is not None and not isinstance(expires, (int, float)):
            return None
        ends = None if expires is None else float(expires)
        name = claims.get("preferred_username")
        if claims.get("iss") != "arangodb":
            return None
        if name is None:
            if "server_id" not in claims:
                return None
            return Identity("", None, superuser=True, expires=ends)
        user = self._users.by_name.get(name) if isinstance(name, str) else None
        if user is None or not user.active:
            return None
        return Identity(user.name, user, expires=ends)
