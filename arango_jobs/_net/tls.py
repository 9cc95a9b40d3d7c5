"""How servers are verified, and what a refused handshake looks like."""

from __future__ import annotations

import os
import socket
import ssl

from requests.utils import DEFAULT_CA_BUNDLE_PATH

from arango_jobs.errors import OptionError

__all__ = ["is_refused_certificate", "may_hide_cuts", "show_cuts", "tls_context"]

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


def is_refused_certificate(error: BaseException) -> bool:
    """Whether `error` is the server's refusal of our certificate.

    With TLS 1.3 it comes after our side of the handshake is over, when a request
    may be written already; the server has not looked at that.
    """
    reason = getattr(error, "reason", None) if isinstance(error, ssl.SSLError) else None
    return reason is not None and "ALERT" in reason and any(word in reason for word in _REFUSALS)


def _load_authorities(context: ssl.SSLContext, path: str) -> None:
    if os.path.isdir(path):
        context.load_verify_locations(capath=path)
    else:
        context.load_verify_locations(cafile=path)
