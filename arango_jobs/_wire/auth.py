"""Who is asking: the `Authorization` header, and how a token is renewed.

No socket and no clock here: whoever sends asks `needs_renewal(now)`, sends
`renewal_request()` its own way and hands the answer to `renewed(response, now)`.
`now` is seconds since the Unix epoch. Server-protocol.md §7.
"""

from __future__ import annotations

import base64
import binascii
import threading
from collections.abc import Callable
from typing import Any, Protocol

from arango_jobs import json
from arango_jobs.errors import JWTAuthError, JWTExpiredError, OptionError, server_error
from arango_jobs.operations import Request, Response

__all__ = [
    "BasicAuth",
    "Credentials",
    "FixedHeader",
    "PasswordToken",
    "StaticToken",
    "login_error",
    "login_request",
    "make_credentials",
    "token_of",
]

_LOGIN = "/_open/auth"
# A token is renewed when a tenth of its life is left, but never more than a minute early.
_SHARE_LEFT = 0.1
_MOST_EARLY = 60.0


class Credentials(Protocol):
    """What signs requests."""

    username: str | None

    def header(self) -> str:
        """Return the value of `Authorization`."""
        ...

    def needs_renewal(self, now: float) -> bool:
        """Whether a new token has to be had before the next request."""
        ...

    def can_renew(self) -> bool:
        """Whether a new token can be had at all."""
        ...

    def renewal_request(self) -> Request:
        """Ask for a new token."""
        ...

    def renewed(self, response: Response, now: float) -> None:
        """Take the token out of the answer; raise `JWTAuthError` where there is none."""
        ...


class FixedHeader:
    """A header that stays as it is."""

    def __init__(self, header: str, username: str | None) -> None:
        self.username = username
        self._header = header

    def header(self) -> str:
        """Return the value of `Authorization`."""
        return self._header

    def needs_renewal(self, now: float) -> bool:
        """Whether a new token has to be had before the next request."""
        return False

    def can_renew(self) -> bool:
        """Whether a new token can be had at all."""
        return False

    def renewal_request(self) -> Request:
        """Ask for a new token."""
        raise OptionError("these credentials are never renewed")

    def renewed(self, response: Response, now: float) -> None:
        """Take the token out of the answer."""
        raise OptionError("these credentials are never renewed")

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.username or 'without a name'}>"


class BasicAuth(FixedHeader):
    """A name and a password with every request."""

    def __init__(self, username: str, password: str) -> None:
        if ":" in username:
            raise OptionError(f"a user name cannot hold a colon: {username!r}")
        pair = json.encode_text(f"{username}:{password}", "the user name or the password")
        super().__init__("Basic " + base64.b64encode(pair).decode(), username)


class StaticToken(FixedHeader):
    """A token that was made elsewhere: a user's, or a superuser's."""

    def __init__(self, token: str, now: float) -> None:
        claims = _claims(token)
        expires = claims.get("exp")
        if isinstance(expires, (int, float)) and expires <= now:
            raise JWTExpiredError(f"the token expired {now - expires:.0f} seconds ago")
        super().__init__(f"bearer {token}", claims.get("preferred_username"))


class PasswordToken:
    """A token got for a name and a password, and renewed before it expires."""

    def __init__(self, username: str, password: str) -> None:
        self.username: str | None = username
        self._password = password
        self._lock = threading.Lock()
        self._header = ""
        self._due = float("-inf")

    def header(self) -> str:
        """Return the value of `Authorization`."""
        return self._header

    def needs_renewal(self, now: float) -> bool:
        """Whether a new token has to be had before the next request."""
        return now >= self._due

    def can_renew(self) -> bool:
        """Whether a new token can be had at all."""
        return True

    def renewal_request(self) -> Request:
        """Ask for a new token."""
        return login_request(self.username, self._password)

    def renewed(self, response: Response, now: float) -> None:
        """Take the token out of the answer; raise `JWTAuthError` where there is none."""
        token = token_of(response)
        life = _lifetime(_claims(token), now)
        with self._lock:
            self._header = f"bearer {token}"
            self._due = now + life - min(life * _SHARE_LEFT, _MOST_EARLY)

    def __repr__(self) -> str:
        return f"<PasswordToken {self.username}>"


def login_request(username: str | None, password: str | None) -> Request:
    """Ask for a token by name and password."""
    return Request("POST", _LOGIN, (), json.dumps({"username": username, "password": password}))


def token_of(response: Response) -> str:
    """Return the token that answers `login_request`; raise `JWTAuthError` where there is none."""
    body = response.json()
    token = body.get("jwt") if isinstance(body, dict) else None
    if not response.is_success or not isinstance(token, str):
        raise login_error(response)
    return token


def login_error(response: Response, message: str | None = None) -> JWTAuthError:
    """Return the error of an answer to `login_request` that gave no token of use."""
    return server_error(JWTAuthError, response, "POST", _LOGIN, message=message)


def make_credentials(
    username: str,
    password: str,
    *,
    method: str,
    user_token: str | None,
    superuser_token: str | None,
    now: float,
) -> Credentials:
    """Return what signs requests: a token where one is given, else by name and password."""
    token = superuser_token if superuser_token is not None else user_token
    if token is not None:
        return StaticToken(token, now)
    makers: dict[str, Callable[[str, str], Credentials]] = {
        "basic": BasicAuth,
        "jwt": PasswordToken,
    }
    if not isinstance(method, str) or method.lower() not in makers:
        raise OptionError(f"auth_method must be 'basic' or 'jwt', not {method!r}")
    return makers[method.lower()](username, password)


def _claims(token: str) -> dict[str, Any]:
    """Return what the token says of itself; its signature is the server's business."""
    try:
        _, payload, _ = token.split(".")
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (ValueError, binascii.Error, AttributeError):
        raise OptionError("the token is no JSON Web Token (three parts with dots)") from None
    if not isinstance(claims, dict) or not token.isascii() or not token.isprintable():
        raise OptionError("the token is no JSON Web Token (its claims are no object)")
    return claims


def _lifetime(claims: dict[str, Any], now: float) -> float:
    """Return how long a token lives that came just now.

    Where it says when it was made, the server's clock does not have to agree with ours.
    """
    expires = claims.get("exp")
    if not isinstance(expires, (int, float)):
        return float("inf")
    made = claims.get("iat")
    return max(float(expires) - (made if isinstance(made, (int, float)) else now), 0.0)
