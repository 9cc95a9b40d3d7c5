"""Functions for dates."""

from __future__ import annotations

import calendar
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any
from zoneinfo import available_timezones

from arango_jobs.local.aql.functions import dateparts
from arango_jobs.local.aql.functions.arguments import number
from arango_jobs.local.aql.functions.dateparts import iso, parse, timestamp
from arango_jobs.local.aql.functions.registry import ArgumentError, function
from arango_jobs.local.aql.run import Run
from arango_jobs.local.aql.values import is_true, normal

__all__: list[str] = []

# Months and years differ in length: these are ArangoDB's means for differences, in milliseconds.
_MEANS = {
    "y": 31_556_952_000, "m": 2_629_746_000, "w": 604_800_000, "d": 86_400_000, "h": 3_600_000,
    "i": 60_000, "s": 1000, "f": 1,
}  # fmt: skip
_ORDER = "ymdhisf"


@function("DATE_NOW", 0, with_run=True)
def date_now(run: Run) -> int:
    """Return the milliseconds since 1970."""
    return int(run.context.clock.time() * 1000)


def _read(parts: tuple[Any, ...]) -> datetime:
    if len(parts) == 1:
        return parse(parts[0])
    if len(parts) < 3:
        raise ArgumentError
    return dateparts.from_parts(parts)


@function("DATE_ISO8601", 1, 7)
def date_iso8601(*parts: Any) -> str:
    """Return a date, or the date of its parts, as a string."""
    return iso(_read(parts))


@function("DATE_TIMESTAMP", 1, 7)
def date_timestamp(*parts: Any) -> int:
    """Return a date, or the date of its parts, in milliseconds since 1970."""
    return timestamp(_read(parts))


def _local(value: Any, name: Any) -> datetime:
    moment = parse(value)
    return moment if name is None else moment.astimezone(dateparts.zone(name))


def _part(read: Callable[[datetime], Any]) -> Callable[..., Any]:
    def implementation(value: Any, timezone_name: Any = None) -> Any:
        """Return one part of a date, in a time zone if one is named."""
        return read(_local(value, timezone_name))

    return implementation


_PARTS: dict[str, Callable[[datetime], Any]] = {
    "DATE_DAYOFWEEK": lambda moment: moment.isoweekday() % 7,
    "DATE_YEAR": lambda moment: moment.year,
    "DATE_MONTH": lambda moment: moment.month,
    "DATE_DAY": lambda moment: moment.day,
    "DATE_HOUR": lambda moment: moment.hour,
    "DATE_MINUTE": lambda moment: moment.minute,
    "DATE_SECOND": lambda moment: moment.second,
    "DATE_MILLISECOND": lambda moment: moment.microsecond // 1000,
    "DATE_DAYOFYEAR": lambda moment: moment.timetuple().tm_yday,
    "DATE_ISOWEEK": lambda moment: moment.isocalendar()[1],
    "DATE_ISOWEEKYEAR": lambda moment: {
        "week": moment.isocalendar()[1],
        "year": moment.isocalendar()[0],
    },
    "DATE_LEAPYEAR": lambda moment: calendar.isleap(moment.year),
    "DATE_QUARTER": lambda moment: (moment.month + 2) // 3,
    "DATE_DAYS_IN_MONTH": lambda moment: calendar.monthrange(moment.year, moment.month)[1],
}
for _name, _read_part in _PARTS.items():
    function(_name, 1, 2)(_part(_read_part))


def _shifted(value: Any, amount: Any, unit: Any, sign: int) -> str:
    moment = parse(value)
    if unit is None:
        if type(amount) is not str:
            raise ArgumentError
        return iso(dateparts.add_duration(moment, amount, sign))
    return iso(dateparts.add(moment, sign * number(amount), dateparts.unit(unit)))


@function("DATE_ADD", 2, 4)
def date_add(value: Any, amount: Any, unit: Any = None, timezone_name: Any = None) -> str:
    """Return a later date."""
    return _shifted(value, amount, unit, 1)


@function("DATE_SUBTRACT", 2, 4)
def date_subtract(value: Any, amount: Any, unit: Any = None, timezone_name: Any = None) -> str:
    """Return an earlier date."""
    return _shifted(value, amount, unit, -1)


@function("DATE_DIFF", 3, 4)
def date_diff(first: Any, second: Any, unit: Any, as_float: Any = False) -> Any:
    """Return how many units lie between two dates."""
    difference = timestamp(parse(second)) - timestamp(parse(first))
    amount = difference / _MEANS[dateparts.unit(unit)]
    return normal(amount) if is_true(as_float) else int(amount)


def _fields(moment: datetime) -> dict[str, int]:
    parts = (moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second)
    return dict(zip(_ORDER, (*parts, moment.microsecond // 1000), strict=True))


@function("DATE_COMPARE", 3, 6)
def date_compare(first: Any, second: Any, start: Any, end: Any = None, *zones: Any) -> bool:
    """Tell whether two dates agree from one unit to another."""
    low = dateparts.unit(start)
    high = low if end is None else dateparts.unit(end)
    if low not in _ORDER or high not in _ORDER or _ORDER.index(low) > _ORDER.index(high):
        raise ArgumentError
    left, right = _fields(parse(first)), _fields(parse(second))
    wanted = _ORDER[_ORDER.index(low) : _ORDER.index(high) + 1]
    return all(left[letter] == right[letter] for letter in wanted)


@function("DATE_TRUNC", 2, 3)
def date_trunc(value: Any, unit: Any, timezone_name: Any = None) -> str:
    """Return the date with everything below a unit set to its start."""
    moment, letter = _local(value, timezone_name), dateparts.unit(unit)
    if letter == "w":
        monday = moment - timedelta(days=moment.weekday())
        return iso(_from_local(monday.replace(hour=0, minute=0, second=0, microsecond=0)))
    kept = _ORDER.index(letter) + 1
    starts = {"month": 1, "day": 1, "hour": 0, "minute": 0, "second": 0}
    below: dict[str, Any] = dict(list(starts.items())[kept - 1 :])
    microsecond = moment.microsecond if letter == "f" else 0
    return iso(_from_local(moment.replace(**below, microsecond=microsecond)))


def _from_local(moment: datetime) -> datetime:
    return moment.astimezone(timezone.utc)


@function("DATE_ROUND", 3, 4)
def date_round(value: Any, amount: Any, unit: Any, timezone_name: Any = None) -> str:
    """Return the start of the span of so many units that a date is in."""
    letter = dateparts.unit(unit)
    size = int(number(amount)) * _MEANS[letter]
    if letter in "ym" or size <= 0:
        raise ArgumentError
    moment = timestamp(parse(value))
    return iso(parse(moment - moment % size))


def _shift_zone(value: Any, name: Any, detail: Any, to_local: bool) -> Any:
    moment, place = parse(value), dateparts.zone(name)
    if to_local:
        shifted = moment.astimezone(place).replace(tzinfo=timezone.utc)
        offset = shifted - moment
    else:
        shifted = moment.replace(tzinfo=place).astimezone(timezone.utc)
        offset = moment - shifted
    local = moment.astimezone(place)
    written = iso(shifted) if not to_local else iso(shifted)[:-1] + _offset_text(offset)
    if not is_true(detail):
        return iso(shifted)
    info = {
        "name": local.tzname(),
        "dst": bool(local.dst()),
        "offset": offset // timedelta(seconds=1),
    }
    return {"local" if to_local else "utc": written, "zoneInfo": info}


def _offset_text(offset: timedelta) -> str:
    minutes = offset // timedelta(minutes=1)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


@function("DATE_UTCTOLOCAL", 2, 3)
def date_utctolocal(value: Any, name: Any, detail: Any = False) -> Any:
    """Return a date of UTC as a clock in a time zone shows it."""
    return _shift_zone(value, name, detail, to_local=True)


@function("DATE_LOCALTOUTC", 2, 3)
def date_localtoutc(value: Any, name: Any, detail: Any = False) -> Any:
    """Return the date of UTC for what a clock in a time zone shows."""
    return _shift_zone(value, name, detail, to_local=False)


@function("DATE_TIMEZONE", 0)
def date_timezone() -> str:
    """Return the server's time zone."""
    return "UTC"


@function("DATE_TIMEZONES", 0)
def date_timezones() -> list[str]:
    """Return the names of all time zones."""
    return sorted(available_timezones())
