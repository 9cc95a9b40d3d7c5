"""What a run is told: against which server, how large, how often. Decides nothing."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

__all__ = ["Settings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Options of a run. It travels to the process of each question as JSON."""

    server: str = "stub"
    """"stub", "local" or "url"."""
    url: str = ""
    user: str = "root"
    password: str = ""
    database: str = "_system"
    form: str = "short"
    """"short", "full" or "tiny" (to see that everything runs)."""
    rounds: int = 0
    """How often everything is measured; 0: three times in the short form, five in the full one."""
    seed: int = 1
    is_pinned: bool = True
    """Whether client and server get a core each, where the system allows that."""

    def of(self, *, tiny: Any, short: Any, full: Any) -> Any:
        """Return what is meant for this form."""
        return {"tiny": tiny, "short": short, "full": full}[self.form]

    @property
    def repeats(self) -> int:
        """How many rounds there are."""
        rounds: int = self.rounds or self.of(tiny=1, short=3, full=5)
        return rounds

    def to_json(self) -> dict[str, Any]:
        """Return it as something that JSON can carry."""
        return dataclasses.asdict(self)
