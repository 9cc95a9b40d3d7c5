"""Who asks, by what a connection of python-arango's says.

Tokens are read from the connection for each request and put back into it, so
that the manager and the driver's own calls always use the same one, and a
`set_token` of the user's counts at once.
"""

from __future__ import annotations

from typing import Any

from arango_jobs._wire.auth import (
    BasicAuth,
    Credentials,
    login_error,
    login_request,
    token_of,
)
from arango_jobs.api.destination import Destination
from arango_jobs.errors import OptionError
from arango_jobs.integrations.python_arango.driver import JwtConnection
from arango_jobs.integrations.python_arango.private import Parts, token_expiry, token_header
from arango_jobs.operations import Request, Response

__all__ = ["ConnectionToken", "credentials_of", "destination_of"]

_EARLY = 10.0
"""Seconds before its end that a token is renewed."""


def credentials_of(connection: Any, parts: Parts) -> Credentials:
    """Return what signs requests as `connection` does."""
    if parts.basic is not None:
        return BasicAuth(*parts.basic)
    return ConnectionToken(connection, parts.password)


def destination_of(connection: Any, parts: Parts) -> Destination:
    """Return which server and user `connection` means."""
    return Destination(parts.hosts, credentials_of(connection, parts))


class ConnectionToken:
    """The token that a connection of the driver's has now."""

    def __init__(self, connection: Any, password: str | None) -> None:
        self.username: str | None = connection.username
        self._connection = connection
        self._password = password
        self._renewed_at = float("-inf")

    def header(self) -> str:
        """Return the value of `Authorization`."""
        return token_header(self._connection)

    def needs_renewal(self, now: float) -> bool:
        """Whether a new token has to be had before the next request."""
        if not self.can_renew() or now - self._renewed_at < _EARLY:
            # By a server whose clock is behind ours a new token looks old at once.
            return False
        return token_expiry(self._connection) - _EARLY <= now

    def can_renew(self) -> bool:
        """Whether a new token can be had at all."""
        return isinstance(self._connection, JwtConnection) and None not in (
            self.username,
            self._password,
        )

    def renewal_request(self) -> Request:
        """Ask for a new token."""
        if not self.can_renew():
            raise OptionError("this token was handed in; it cannot be renewed")
        return login_request(self.username, self._password)

    def renewed(self, response: Response, now: float) -> None:
        """Give the connection the token of the answer; `JWTAuthError` where there is none."""
        token = token_of(response)
        try:
            self._connection.set_token(token)
        except Exception as error:
            # The driver checks tokens by the clock of this machine, and by another library.
            raise login_error(response, f"the token is no good: {error!r}") from error
        self._renewed_at = now

    def __repr__(self) -> str:
        return f"<ConnectionToken {self.username or 'without a name'}>"
