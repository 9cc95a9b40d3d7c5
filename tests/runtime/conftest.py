"""A poller to step, for the tests of what it does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from poller_rig import Rig


@pytest.fixture
def rig() -> Iterator[Rig]:
    rig = Rig()
    yield rig
    rig.close()
