"""Certificates for measuring TLS, made by `trustme` where it is installed."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from benchmarks.servers.base import Unavailable

__all__ = ["make_certificates"]


def make_certificates(folder: Path) -> dict[str, str]:
    """Write an authority and a certificate for 127.0.0.1; return the files' names."""
    try:
        trustme: Any = importlib.import_module("trustme")
    except ImportError:
        raise Unavailable("TLS is not measured: pip install trustme") from None
    authority = trustme.CA()
    ours = authority.issue_cert("127.0.0.1")
    files = {name: str(folder / f"{name}.pem") for name in ("authority", "chain", "key")}
    authority.cert_pem.write_to_path(files["authority"])
    ours.private_key_pem.write_to_path(files["key"])
    for number, part in enumerate(ours.cert_chain_pems):
        part.write_to_path(files["chain"], append=number > 0)
    return files
