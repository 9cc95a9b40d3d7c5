"""Peers for all tests here."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from security_peer import Peer, listening


@pytest.fixture
def peer() -> Iterator[Peer]:
    with listening() as found:
        yield found
