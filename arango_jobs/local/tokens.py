"""JSON Web Tokens signed with HS256, as ArangoDB takes them: any secret will do, also a short one.

Knows signatures, not users. JWT libraries warn about, or refuse, short secrets that ArangoDB takes.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from typing import Any

import orjson

__all__ = ["read_token", "sign_token"]


def sign_token(claims: dict[str, Any], secret: str) -> str:
    """Return a signed token with these claims."""
    head = _encode(orjson.dumps({"alg": "HS256", "typ": "JWT"}))
    text = f"{head}.{_encode(orjson.dumps(claims))}"
    return f"{text}.{_encode(_signature(text, secret))}"


def read_token(token: str, secret: str) -> dict[str, Any] | None:
    """Return a token's claims if the signature is right, else None; expiry is not checked."""
    head, _, rest = token.partition(".")
    body, _, signature = rest.partition(".")
    header, claims, given = _decode_json(head), _decode_json(body), _decode(signature)
    if header is None or claims is None or given is None or header.get("alg") != "HS256":
        return None
    expected = _signature(f"{head}.{body}", secret)
    return claims if hmac.compare_digest(expected, given) else None


def _signature(text: str, secret: str) -> bytes:
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes | None:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None


def _decode_json(text: str) -> dict[str, Any] | None:
    data = _decode(text)
    if data is None:
        return None
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None
