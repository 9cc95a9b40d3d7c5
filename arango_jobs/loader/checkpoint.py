"""What is known to be loaded, kept in a file that survives being killed at any moment.

Two things are written, and in this order:

1. *before* rows are sent: up to which row some may have been sent (`may_be_sent`). A row
   below that number which is not confirmed is in doubt, so finding its key taken is looked
   into, by comparing what is stored.
2. *after* rows are confirmed: their ranges, and how long the file of failed rows was by
   then, so that what was written to it beyond that is cut off and written again. That the
   file is ours is written down as soon as it is made: it may be another load's until then.

Rows that were confirmed and not yet written here are sent again, which does no harm:
rows without a key have one that is made of this checkpoint's id and the row's number.
"""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from arango_jobs.loader.errors import CheckpointError
from arango_jobs.loader.ranges import RowRanges

__all__ = ["Checkpoint", "State", "new_id", "open_checkpoint"]

_FORMAT = "arango-jobs checkpoint 1"


@dataclass(slots=True)
class State:
    """What a checkpoint holds."""

    id: str
    source: dict[str, Any]
    target: dict[str, Any]
    options: dict[str, Any]
    may_be_sent: int = 0
    confirmed: list[tuple[int, int]] = field(default_factory=list)
    documents: int = 0
    updated: int = 0
    ignored: int = 0
    failed: int = 0
    dead_letter: str = ""
    dead_letter_size: int = 0
    has_dead_letter: bool = False
    is_complete: bool = False


class Checkpoint:
    """The state of one load, and the file it is kept in."""

    def __init__(self, path: Path, state: State, *, is_resumed: bool) -> None:
        self.path = path
        self.state = state
        self.is_resumed = is_resumed
        self.confirmed = RowRanges(state.confirmed)
        self.in_doubt_below = state.may_be_sent

    def save(self) -> None:
        """Write it down; when this returns, it survives a crash of the machine."""
        self.state.confirmed = self.confirmed.as_list()
        text = json.dumps({"format": _FORMAT, **asdict(self.state)})
        beside = self.path.with_name(self.path.name + ".new")
        try:
            with open(beside, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.replace(beside, self.path)
            _sync_directory(self.path.parent)
        except OSError as error:
            raise CheckpointError(
                f"the checkpoint {self.path} cannot be written: {error.strerror or error}"
            ) from error


def new_id() -> str:
    """Return an id for the keys of one load."""
    return "l" + secrets.token_hex(5)


def open_checkpoint(
    path: str | os.PathLike[str],
    *,
    source: dict[str, Any],
    target: dict[str, Any],
    options: dict[str, Any],
    defaults: dict[str, Any],
) -> Checkpoint:
    """Read the checkpoint at `path`, or begin one.

    `defaults` are the options that a checkpoint does not name, since there were none of
    that name when it was written. Raises `CheckpointError` where it belongs to another
    file, collection or way of reading.
    """
    place = Path(path)
    state = _read(place)
    if state is None:
        return Checkpoint(place, State(new_id(), source, target, options), is_resumed=False)
    _compare(place, "file", state.source, source)
    _compare(place, "collection", state.target, target)
    _compare(place, "option", {**defaults, **state.options}, options)
    return Checkpoint(place, state, is_resumed=True)


def _read(path: Path) -> State | None:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise CheckpointError(f"the checkpoint {path} cannot be read: {error}") from error
    try:
        values = json.loads(text)
        if values.pop("format") != _FORMAT:
            raise ValueError
        state = State(**values)
        state.confirmed = [(int(start), int(end)) for start, end in state.confirmed]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise CheckpointError(
            f"{path} is no checkpoint of this program; it is left as it is, name another file"
        ) from None
    return state


def _compare(path: Path, what: str, old: dict[str, Any], new: dict[str, Any]) -> None:
    new = json.loads(json.dumps(new))
    names = [name for name in sorted({*old, *new}) if old.get(name) != new.get(name)]
    # The name of a file says nothing that its size, time and beginning do not.
    if what == "file" and names == ["name"] and "head" in new:
        return
    if names:
        name = names[0]
        raise CheckpointError(
            f"the checkpoint {path} belongs to another {what}: its {name} was "
            f"{_shown(old.get(name))} and is {_shown(new.get(name))}; "
            "name another checkpoint, or delete it to load from the start"
        )


def _shown(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _sync_directory(path: Path) -> None:
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
