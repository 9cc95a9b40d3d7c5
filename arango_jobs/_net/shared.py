"""What all connections of one transport share."""

from __future__ import annotations

import selectors
import ssl
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from arango_jobs._net.connection import Connection
from arango_jobs._net.exchange import TransportEvent
from arango_jobs._net.reuse import Reuse
from arango_jobs._net.settings import NetSettings
from arango_jobs._net.succession import Succession
from arango_jobs.clock import Clock

__all__ = ["Shared"]

# A deep pipeline's worth of answers in one call; larger gains nothing measurable.
_RECEIVE_BYTES = 1 << 18


@dataclass(slots=True, eq=False)
class Shared:
    """Of one transport, used by its one thread."""

    settings: NetSettings
    clock: Clock
    selector: selectors.BaseSelector
    wake: Callable[[], None]
    tls: Callable[[], ssl.SSLContext]
    events: list[TransportEvent] = field(default_factory=list)
    successions: dict[int, Succession] = field(default_factory=lambda: defaultdict(Succession))
    """The numbers of the connections to each host."""
    reuses: dict[int, Reuse] = field(default_factory=lambda: defaultdict(Reuse))
    """Whether each host keeps connections."""
    read_all: Callable[[int], None] = lambda _host: None
    """Reads what has come in on all connections to a host."""
    unread: dict[Connection, Callable[[], None]] = field(default_factory=dict)
    """Connections on which more may have come in than was read, and what reads on."""
    view: memoryview = field(default_factory=lambda: memoryview(bytearray(_RECEIVE_BYTES)))
