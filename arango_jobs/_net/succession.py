"""The numbers of the connections to one host, for requests that must not go out on newer ones.

A number stands for a server process that is known by the connections of that number:
a new connection may lead to another process, so it has a new number.

    number 1 ─ number 2 ─ … ─ number 16 ─┬─▶ each carried one answer: the next goes on, 16 again
                                         └─▶ one broke, or none was made in time: number 17

Where every connection is closed after its answer, each request has one to itself, and
none could ever be bound to one that there is already. Where each is closed after so many answers,
as the server has announced in the last one, asking who answers would take a good part of them.
After a few of these in a row the next ones go on with the number, as long as each is made so soon
after one that was answered that no server can have restarted in between, and nothing has broken.

So does the one that follows at once on a connection that we have closed ourselves (`Reuse`).

A process that dies announces nothing: it breaks its connections, the idle ones too. One that is
shut down may announce the end of each connection that it has, but those are fewer than make a row,
and have not all given the same number of answers.
"""

from __future__ import annotations

__all__ = ["Succession"]

_NEVER_KEPT = 16
"""Connections in a row that carried one answer each, after which it counts as a rule."""
_ANNOUNCED = 16
"""Connections in a row whose end was announced behind the same number of answers, after which it
counts as a rule: more than there are at once."""
_RESTART_SECONDS = 1.0
"""What a server takes at least from its last answer to taking connections as a new process."""
_MOMENT = 0.05
"""What passes at most between an answer and the connection for what follows from it."""


class Succession:
    """Counts the connections to one host."""

    __slots__ = (
        "_announced", "_answers", "_has_broken", "_is_ours", "_seen_at", "_unkept", "number",
    )  # fmt: skip

    def __init__(self) -> None:
        self.number = 0
        """The newest."""
        self._unkept = 0
        self._announced = 0
        self._answers = 0
        """How many answers the last of these gave."""
        self._has_broken = False
        self._is_ours = False
        """Whether it was us who ended the last of them."""
        self._seen_at = float("-inf")

    def made(self, now: float) -> bool:
        """Take that a connection stands; return whether it has a new number."""
        is_rule = self._unkept >= _NEVER_KEPT or self._announced >= _ANNOUNCED
        limit = _RESTART_SECONDS if is_rule else _MOMENT if self._is_ours else 0.0
        if now - self._seen_at < limit and not self._has_broken:
            return False
        self._has_broken = False
        self.number += 1
        return True

    def ended(
        self,
        asked_at: float,
        answers: int,
        *,
        is_broken: bool = False,
        is_announced: bool = False,
        is_ours: bool = False,
    ) -> None:
        """Take that a connection has ended: its answers, the last asked for at `asked_at`.

        It is broken if something that had been asked on it was not answered. `is_ours`: we have
        closed it, as we do with each that has answered; that is no sign of another process.
        """
        if not is_announced or answers != self._answers:
            self._announced = 0
        self._announced += is_announced
        self._answers = answers
        self._is_ours = is_ours
        if is_broken or not answers:
            self._has_broken = True
        if answers:
            self._unkept = self._unkept + 1 if answers == 1 else 0
            # The last came later than that: how long it waited for us to read it is not known.
            self._seen_at = max(self._seen_at, asked_at)

    def broke(self) -> None:
        """Take that a connection broke, or could not be made."""
        self._has_broken = True
