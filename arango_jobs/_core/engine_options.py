"""What the engine decides by."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["EngineOptions"]


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """What the engine decides by; times in seconds, sizes in bytes."""

    max_jobs: int = 1024
    max_bytes: int = 256 * 1024 * 1024
    queue_limit: float = 5.0
    patience: float = 60.0
    failover: float = 3.0
    max_repeats: int = 10
    cancel_patience: float = 30.0
    merge: bool = True
    merge_max_operations: int = 500
    merge_max_bytes: int = 4 * 1024 * 1024
    linger: float = 0.0
    can_renew: bool = False
    exclusive_user: bool = False
