"""TLS: who is trusted, who is refused, and what was sent by then."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import trustme
from netpeer import (
    Listener,
    TlsServer,
    answer,
    closing,
    context_for,
    exchange,
    outcomes,
    poll_until,
)
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from arango_jobs._net.choose import choose_transport
from arango_jobs._net.exchange import Answered, Failure
from arango_jobs._net.pipeline import PipelineTransport
from arango_jobs._net.settings import NetSettings
from arango_jobs._net.tls import tls_context
from arango_jobs.errors import OptionError


@pytest.fixture(scope="module")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("tls") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


@pytest.fixture
def client_file(authority: trustme.CA, tmp_path: Path) -> str:
    """A file with certificate and key of a client."""
    path = tmp_path / "client.pem"
    authority.issue_cert("loader@example.org").private_key_and_cert_chain_pem.write_to_path(
        str(path)
    )
    return str(path)


@pytest.fixture
def context(authority: trustme.CA) -> ssl.SSLContext:
    return context_for(authority, "127.0.0.1")


@pytest.fixture
def server(context: ssl.SSLContext) -> Iterator[TlsServer]:
    server = TlsServer(context)
    yield server
    server.close()


def transport_to(server: TlsServer, tls: ssl.SSLContext | None) -> PipelineTransport:
    return PipelineTransport([f"https://127.0.0.1:{server.port}"], NetSettings(tls=tls))


def test_trusted(server: TlsServer, ca_file: str) -> None:
    """A server with a certificate of the named authority, many requests deep."""
    with closing(transport_to(server, tls_context(ca_file))) as transport:
        for token in range(200):
            transport.send(exchange(token, target=f"/{token}"))
        found = outcomes(poll_until(transport, 200, Answered))
        assert found == {token: (200, b"x" * token) for token in range(200)}


def test_large_over_tls(server: TlsServer, ca_file: str) -> None:
    """Bodies of many TLS records, both ways."""
    with closing(transport_to(server, tls_context(ca_file))) as transport:
        body = b"y" * (8 << 20)
        transport.send(exchange(1, method="POST", target="/5000000", body=body))
        assert outcomes(poll_until(transport, 1, Answered)) == {1: (200, b"x" * 5_000_000)}


def test_unknown_authority(server: TlsServer) -> None:
    """Verified by default: a server of an unknown authority gets nothing."""
    with closing(transport_to(server, None)) as transport:
        transport.send(exchange(1))
        (failure,) = poll_until(transport, 1)
        assert isinstance(failure, Failure)
        assert outcomes([failure]) == {1: ("HostUnreachableError", False)}
        assert "certificate" in str(failure.error)


def test_not_verified(server: TlsServer) -> None:
    """`verify=False` asks for no certificate."""
    with closing(transport_to(server, tls_context(False))) as transport:
        transport.send(exchange(1, target="/2"))
        assert outcomes(poll_until(transport, 1, Answered)) == {1: (200, b"xx")}


def test_wrong_name(authority: trustme.CA, ca_file: str) -> None:
    """A good certificate of another host is none."""
    server = TlsServer(context_for(authority, "other.example"))
    with closing(transport_to(server, tls_context(ca_file))) as transport:
        transport.send(exchange(1))
        assert outcomes(poll_until(transport, 1)) == {1: ("HostUnreachableError", False)}
    server.close()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_client_certificate(
    context: ssl.SSLContext, authority: trustme.CA, ca_file: str, client_file: str,
    version: ssl.TLSVersion,
) -> None:  # fmt: skip
    """A server that wants a certificate: with it served, without it nothing ran."""
    authority.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    context.maximum_version = version
    server = TlsServer(context)
    with closing(transport_to(server, tls_context(ca_file, client_file))) as transport:
        transport.send(exchange(1, target="/2"))
        assert outcomes(poll_until(transport, 1, Answered)) == {1: (200, b"xx")}
        assert server.client_names == ["loader@example.org"]
    with closing(transport_to(server, tls_context(ca_file))) as transport:
        for token in (1, 2):
            transport.send(exchange(token, method="POST", target="/2"))
        events = poll_until(transport, 2, Failure)
        assert outcomes(events) == dict.fromkeys((1, 2), ("HostUnreachableError", False))
    server.close()


@pytest.mark.parametrize("is_in_session", [True, False])
@pytest.mark.parametrize("has_hooks", [True, False])
def test_session_says_whom_to_trust(
    server: TlsServer, ca_file: str, monkeypatch: pytest.MonkeyPatch, is_in_session: bool,
    has_hooks: bool,
) -> None:  # fmt: skip
    """`verify` of the session is obeyed; where it has none, the environment's is."""
    url = f"https://127.0.0.1:{server.port}"
    session = requests.Session()
    other = DEFAULT_CA_BUNDLE_PATH
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", other if is_in_session else ca_file)
    if is_in_session:
        session.verify = ca_file
    if has_hooks:
        session.hooks["response"].append(lambda response, **_: response)
    transport, _ = choose_transport([url], session)
    assert isinstance(transport, PipelineTransport) is not has_hooks
    with closing(transport), session:
        transport.send(exchange(1, target="/1"))
        assert outcomes(poll_until(transport, 1, Answered)) == {1: (200, b"x")}


@pytest.mark.parametrize("is_clean", [True, False])
def test_end_of_body(server: TlsServer, ca_file: str, is_clean: bool) -> None:
    """A body up to the end of the connection is whole only if TLS says that it ended."""
    target = "/end" if is_clean else "/cut"
    with closing(transport_to(server, tls_context(ca_file))) as transport:
        transport.send(exchange(1, target=target))
        events = poll_until(transport, 1, (Answered, Failure))
        expected = (200, b"ab") if is_clean else ("ConnectionLostError", True)
        assert outcomes(events) == {1: expected}


def test_plain_server(listener: Listener) -> None:
    """TLS to a port that speaks plain HTTP: nothing was sent."""
    url = f"https://127.0.0.1:{listener.port}"
    with closing(PipelineTransport([url], NetSettings(tls=tls_context(False)))) as transport:
        transport.send(exchange(1))
        transport.poll(0)
        peer = listener.accept()
        transport.poll(0)
        peer.send(answer(b"", "400 Bad Request"))
        assert outcomes(poll_until(transport, 1)) == {1: ("HostUnreachableError", False)}


@pytest.mark.parametrize("arguments", [("/nowhere.pem",), (True, "/nowhere.pem")])
def test_missing_files(arguments: tuple[str]) -> None:
    """A certificate that cannot be read is an error of the option, not of the first request."""
    with pytest.raises(OptionError):
        tls_context(*arguments)
