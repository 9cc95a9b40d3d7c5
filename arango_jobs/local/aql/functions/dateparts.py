"""Dates as AQL has them: reading, writing, durations and units. All in UTC, to the millisecond.

Years 1 to 9999; ArangoDB knows a few more.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from arango_jobs.local.aql.functions.registry import ArgumentError
from arango_jobs.local.aql.values import is_number, to_number

__all__ = [
    "EPOCH", "add", "add_duration", "add_months", "bad_date", "from_parts", "iso", "parse",
    "timestamp", "unit", "zone",
]  # fmt: skip

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_ISO = re.compile(
    r"\s*(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?"
    r"(?:[T ](\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d+))?)?)?"
    r"\s*(Z|[+-]\d{2}:?\d{2})?\s*\Z",
    re.IGNORECASE | re.ASCII,
)
_DURATION = re.compile(
    r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?"
    r"(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.(\d{1,3}))?S)?)?\Z",
    re.IGNORECASE | re.ASCII,
)
_UNITS = {
    "y": ("y", "year", "years"), "m": ("m", "month", "months"), "w": ("w", "week", "weeks"),
    "d": ("d", "day", "days"), "h": ("h", "hour", "hours"), "i": ("i", "minute", "minutes"),
    "s": ("s", "second", "seconds"), "f": ("f", "millisecond", "milliseconds"),
}  # fmt: skip
_UNIT_OF = {name: letter for letter, names in _UNITS.items() for name in names}
_LENGTHS = {
    "w": timedelta(weeks=1), "d": timedelta(days=1), "h": timedelta(hours=1),
    "i": timedelta(minutes=1), "s": timedelta(seconds=1), "f": timedelta(milliseconds=1),
}  # fmt: skip


def bad_date() -> ArgumentError:
    """Return the warning for a value that is no date."""
    return ArgumentError(1572, "invalid date value")


def _offset(text: str | None) -> timedelta:
    if text is None or text in "zZ":
        return timedelta()
    minutes = int(text[1:3]) * 60 + int(text[-2:])
    return timedelta(minutes=-minutes if text[0] == "-" else minutes)


def _of_text(text: str) -> datetime:
    match = _ISO.match(text)
    if match is None:
        raise bad_date()
    year, month, day, hour, minute, second, fraction, offset = match.groups()
    local = datetime(
        int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0),
        int(second or 0), int((fraction or "0")[:3].ljust(3, "0")) * 1000, tzinfo=timezone.utc,
    )  # fmt: skip
    return local - _offset(offset)


def parse(value: Any) -> datetime:
    """Return the date that a string or a number of milliseconds stands for."""
    try:
        if is_number(value):
            return EPOCH + timedelta(milliseconds=int(value))
        if type(value) is str:
            return _of_text(value)
    except (ValueError, OverflowError):
        pass
    raise bad_date()


def from_parts(parts: tuple[Any, ...]) -> datetime:
    """Return the date of year, month, day and so on; numbers too large run over."""
    numbers = [int(to_number(part)) for part in parts]
    year, month, day, *time = [*numbers, *(1, 1, 1)[len(numbers) :]][:7]
    hour, minute, second, millisecond = [*time, 0, 0, 0, 0][:4]
    if min(numbers) < 0 or not (1 <= month <= 12 and 1 <= day <= 31):
        raise bad_date()
    try:
        first = datetime(year, month, 1, tzinfo=timezone.utc)
        return first + timedelta(
            days=day - 1, hours=hour, minutes=minute, seconds=second, milliseconds=millisecond
        )
    except (ValueError, OverflowError):
        raise bad_date() from None


def iso(moment: datetime) -> str:
    """Return a date as ArangoDB writes it."""
    fraction = moment.microsecond // 1000
    return f"{moment.year:04}-{moment:%m-%dT%H:%M:%S}.{fraction:03}Z"


def timestamp(moment: datetime) -> int:
    """Return the milliseconds since 1970."""
    return (moment - EPOCH) // timedelta(milliseconds=1)


def unit(value: Any) -> str:
    """Return the letter of a unit of time."""
    letter = _UNIT_OF.get(value.lower()) if type(value) is str else None
    if letter is None:
        raise ArgumentError
    return letter


def add_months(moment: datetime, months: int) -> datetime:
    """Return the date some months later; a day that the month lacks runs over into the next."""
    total = moment.year * 12 + moment.month - 1 + months
    try:
        first = moment.replace(year=total // 12, month=total % 12 + 1, day=1)
        return first + timedelta(days=moment.day - 1)
    except (ValueError, OverflowError):
        raise bad_date() from None


def add(moment: datetime, amount: float, letter: str) -> datetime:
    """Return the date an amount of some unit later."""
    try:
        if letter in "ym":
            return add_months(moment, int(amount * (12 if letter == "y" else 1)))
        milliseconds = int(amount * (_LENGTHS[letter] // _LENGTHS["f"]))
        return moment + timedelta(milliseconds=milliseconds)
    except (ValueError, OverflowError):
        raise bad_date() from None


def add_duration(moment: datetime, duration: str, sign: int) -> datetime:
    """Return the date an ISO 8601 duration later, or earlier with a negative sign."""
    match = _DURATION.match(duration)
    if match is None or len(duration) < 3:
        raise ArgumentError
    years, months, weeks, days, hours, minutes, seconds = (
        int(part or 0) for part in match.groups()[:7]
    )
    milliseconds = int((match.group(8) or "0").ljust(3, "0"))
    try:
        rest = timedelta(
            weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds,
            milliseconds=milliseconds,
        )  # fmt: skip
        return add_months(moment, sign * (years * 12 + months)) + sign * rest
    except OverflowError:
        raise bad_date() from None


def zone(name: Any) -> ZoneInfo:
    """Return a time zone by its name."""
    try:
        return ZoneInfo(name if type(name) is str else "")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ArgumentError from None
