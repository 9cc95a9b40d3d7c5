"""What the options of ArangoDB's arangoimport are called here.

Names are those of arangoimport's option list (`arangoimport --help`, ArangoDB 3.12).
"""

from __future__ import annotations

from collections.abc import Iterable

from arango_jobs.errors import OptionError
from arango_jobs.options import check_names

__all__ = ["RENAMED", "check_option_names", "in_words"]

RENAMED: dict[str, tuple[str | None, str]] = {
    "file": (None, "the file is the first argument"),
    "type": ("format", ""),
    "separator": ("delimiter", ""),
    "backslash-escape": ("escape", "with a backslash"),
    "convert": ("infer", ""),
    "datatype": ("types", "with int, float, bool, str or json"),
    "translate": ("rename", ""),
    "remove-attribute": ("drop", ""),
    "create-collection": ("create", "and on unless it is turned off"),
    "create-collection-type": ("edge", "for an edge collection"),
    "from-collection-prefix": ("from_collection", ""),
    "to-collection-prefix": ("to_collection", ""),
    "overwrite-collection-prefix": (
        None,
        "an end that names a collection keeps it; take it out of the file first",
    ),
    "batch-size": ("chunk_bytes", ""),
    "threads": ("window", ""),
    "auto-rate-limit": (None, "leave it out: the pace adapts to the server by itself"),
    "progress": (None, "progress is shown unless it is turned off"),
    "latency": (None, "leave it out: progress tells how long requests queue"),
    "skip-validation": (None, "schemas are always checked by the server"),
    "compress-transfer": (None, "give the client a request_compression"),
    "server.endpoint": (None, "the server is named by its URL"),
    "server.database": (None, "the database is that of the target"),
    "server.username": (None, "the user is that of the target"),
    "server.password": (None, "the password is that of the target"),
    "server.authentication": (None, "leave it out: the user is that of the target"),
    "server.connection-timeout": (None, "how long a server is waited for is called patience"),
    "server.request-timeout": (None, "how long a server is waited for is called patience"),
}
"""By arangoimport's name: our option, and what else is to be known."""


def in_words(name: str, ours: str | None, remark: str) -> str:
    """Return what is said about arangoimport's option `name` where ours is called `ours`."""
    if ours is None:
        return f"{name} is an option of arangoimport; here {remark}"
    return f"{name} is an option of arangoimport; here it is {' '.join([ours, remark]).rstrip()}"


def check_option_names(owner: str, given: Iterable[str], known: Iterable[str]) -> None:
    """Raise `OptionError` for an option that there is not, with the one that is meant."""
    known = list(known)
    given = list(given)
    for name in given:
        ours = RENAMED.get(name.replace("_", "-"))
        if ours is not None and name not in known:
            raise OptionError(f"{owner} has no option {name!r}: {in_words(name, *ours)}")
    check_names(owner, given, known)
