"""The settings of an embedded server, with their defaults."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ServerOptions"]


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """What all Coordinators of a server share; times in seconds."""

    version: str = "3.12.4"
    workers: int = 32
    queue_size: int = 4096
    service_time: float = 0.0
    per_document_time: float = 0.0
    shuffle_lists: bool = False
    faithful_phantoms: bool = True
    max_body: int = 1 << 30
    forward_timeout: float = 900.0
    lock_timeout: float = 900.0
    cluster: bool = False

    @property
    def cursor_ttl(self) -> float:
        """Return the default time to live of a cursor."""
        return 600.0 if self.cluster else 30.0

    @property
    def routes_first(self) -> bool:
        """Tell whether unknown paths are refused before queueing, as from 4.0 on."""
        return not self.version.startswith("3.")
