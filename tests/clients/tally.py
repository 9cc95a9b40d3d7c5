"""Counts the calls of a scenario while what each gave is asserted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest


class Tally:
    """What a scenario asserts, call by call."""

    def __init__(self) -> None:
        self.calls = 0

    def gives(self, found: Any, wanted: Any) -> None:
        """Assert what a call gave."""
        self.calls += 1
        assert found == wanted, f"call {self.calls}"

    def gives_like(self, found: Any, **wanted: Any) -> Any:
        """Assert some attributes of the object that a call gave, and return it."""
        self.calls += 1
        assert {name: found[name] for name in wanted} == wanted, f"call {self.calls}"
        return found

    def fails(self, cls: type[Exception], number: int, call: Callable[[], Any]) -> None:
        """Assert the error of a call."""
        self.calls += 1
        with pytest.raises(cls) as caught:
            call()
        assert caught.value.error_code == number, f"call {self.calls}"

    async def fails_later(self, cls: type[Exception], number: int, call: Awaitable[Any]) -> None:
        """Assert the error of an awaited call."""
        self.calls += 1
        with pytest.raises(cls) as caught:
            await call
        assert caught.value.error_code == number, f"call {self.calls}"
