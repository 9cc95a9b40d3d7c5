"""DATE_FORMAT and its placeholders."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from arango_jobs.local.aql.functions import dateparts
from arango_jobs.local.aql.functions.arguments import text
from arango_jobs.local.aql.functions.dateparts import iso, parse, timestamp
from arango_jobs.local.aql.functions.registry import function

__all__: list[str] = []

_DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip


def _weekday(moment: datetime) -> int:
    return moment.isoweekday() % 7


_PLACEHOLDERS: dict[str, Callable[[datetime], Any]] = {
    "%t": timestamp,
    "%z": iso,
    "%w": _weekday,
    "%y": lambda moment: moment.year,
    "%yy": lambda moment: f"{moment.year % 100:02}",
    "%yyyy": lambda moment: f"{moment.year:04}",
    "%yyyyyy": lambda moment: f"+{moment.year:06}",
    "%m": lambda moment: moment.month,
    "%mm": lambda moment: f"{moment.month:02}",
    "%mmm": lambda moment: _MONTHS[moment.month - 1][:3],
    "%mmmm": lambda moment: _MONTHS[moment.month - 1],
    "%d": lambda moment: moment.day,
    "%dd": lambda moment: f"{moment.day:02}",
    "%h": lambda moment: moment.hour,
    "%hh": lambda moment: f"{moment.hour:02}",
    "%i": lambda moment: moment.minute,
    "%ii": lambda moment: f"{moment.minute:02}",
    "%s": lambda moment: moment.second,
    "%ss": lambda moment: f"{moment.second:02}",
    "%f": lambda moment: moment.microsecond // 1000,
    "%fff": lambda moment: f"{moment.microsecond // 1000:03}",
    "%x": lambda moment: moment.timetuple().tm_yday,
    "%xxx": lambda moment: f"{moment.timetuple().tm_yday:03}",
    "%k": lambda moment: moment.isocalendar()[1],
    "%kk": lambda moment: f"{moment.isocalendar()[1]:02}",
    "%l": lambda moment: int(calendar.isleap(moment.year)),
    "%q": lambda moment: (moment.month + 2) // 3,
    "%a": lambda moment: calendar.monthrange(moment.year, moment.month)[1],
    "%www": lambda moment: _DAYS[_weekday(moment)][:3],
    "%wwww": lambda moment: _DAYS[_weekday(moment)],
    "%%": lambda moment: "%",
    "%": lambda moment: "",
}
# The longest first: %mm is not %m followed by a letter.
_PATTERN = re.compile("|".join(sorted(map(re.escape, _PLACEHOLDERS), key=len, reverse=True)))


@function("DATE_FORMAT", 2, 3)
def date_format(value: Any, template: Any, timezone_name: Any = None) -> str:
    """Return a date written as a template says."""
    moment = parse(value)
    if timezone_name is not None:
        moment = moment.astimezone(dateparts.zone(timezone_name))
    return _PATTERN.sub(lambda match: str(_PLACEHOLDERS[match.group()](moment)), text(template))
