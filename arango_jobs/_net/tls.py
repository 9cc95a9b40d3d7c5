"""How servers are verified, and what a refused handshake looks like."""

from __future__ import annotations

import os
import socket
import ssl

from requests.utils import DEFAULT_CA_BUNDLE_PATH

from arango_jobs.errors import OptionError

__all__ = [
    "is_refused_certificate",
    "is_verified_late",
    "may_hide_cuts",
    "show_cuts",
    "tls_context",
]

# Python before 3.10.12 and 3.11.4 has it set where there is OpenSSL 3.
_HIDES_CUTS = getattr(ssl, "OP_IGNORE_UNEXPECTED_EOF", 0)
_REFUSALS = ("CERTIFICATE", "UNKNOWN_CA", "ACCESS_DENIED")


def tls_context(
    verify: bool | str = True, cert: str | tuple[str, str] | None = None
) -> ssl.SSLContext:
    """Return a context for what `requests` calls verify and cert.

    `verify`: `True` (the certificates that `requests` comes with), a file or
    directory of CA certificates, or `False`. `cert`: a file with certificate and
    key, or one of each. Raises `OptionError` where a file cannot be used.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    show_cuts(context)
    try:
        if verify is False:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        else:
            _load_authorities(context, DEFAULT_CA_BUNDLE_PATH if verify is True else verify)
        if cert is not None:
            context.load_cert_chain(*((cert,) if isinstance(cert, str) else cert))
    except OSError as error:
        raise OptionError(f"certificates for TLS cannot be read: {error}") from error
    return context


def show_cuts(context: ssl.SSLContext) -> None:
    """Have what comes to an end without a word of TLS be an error: somebody may have cut it."""
    context.options &= ~_HIDES_CUTS


def may_hide_cuts(sock: socket.socket) -> bool:
    """Whether the end of a connection may be anybody's work, and look like the server's."""
    return isinstance(sock, ssl.SSLSocket) and bool(sock.context.options & _HIDES_CUTS)


def is_verified_late(sock: socket.socket) -> bool:
    """Whether the server may refuse our certificate after our side of the handshake is over.

    So it is with TLS 1.3: a request may be written by then. The server takes records in order and
    verifies the certificate before it reads application data (RFC 8446 §4.4), so it has not
    looked at that request. Not so with TLS 1.2, where the server has verified it before we can
    write, and not where we let the server ask for a certificate later, as it may do
    because of what a request asks for (post-handshake authentication, RFC 8446 §4.6.2).
    """
    if not isinstance(sock, ssl.SSLSocket):
        return False
    return sock.version() == "TLSv1.3" and not sock.context.post_handshake_auth


def is_refused_certificate(error: BaseException, sock: socket.socket) -> bool:
    """Whether `error` says that the server refused our certificate in the handshake.

    For `sock` that `is_verified_late`, on which no answer has come. A session ticket follows a
    handshake that is over on the server's side, so an alert after one proves nothing; neither
    does an alert about anything else.
    """
    reason = (error.reason or "") if isinstance(error, ssl.SSLError) else ""
    if "ALERT" not in reason or not any(word in reason for word in _REFUSALS):
        return False
    session = sock.session if isinstance(sock, ssl.SSLSocket) else None
    return session is None or not session.has_ticket


def _load_authorities(context: ssl.SSLContext, path: str) -> None:
    if os.path.isdir(path):
        context.load_verify_locations(capath=path)
    else:
        context.load_verify_locations(cafile=path)
