"""The installed python-arango: whether there is one that can be used, and the names of it in use.

Nothing else here imports that driver, so that one too old, or none, is one clear error.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from arango_jobs.errors import OptionError

__all__ = [
    "AQL",
    "OLDEST",
    "ApiGroup",
    "BaseConnection",
    "BasicConnection",
    "Cursor",
    "Database",
    "DefaultHTTPClient",
    "DocumentInsertError",
    "DriverRequest",
    "DriverResponse",
    "EdgeCollection",
    "Graph",
    "HTTPClient",
    "HostResolver",
    "JwtConnection",
    "JwtSuperuserConnection",
    "ServerError",
    "StandardCollection",
    "StandardDatabase",
    "VertexCollection",
    "check_version",
    "default_deserializer",
    "installed_version",
]

OLDEST = (8, 0)


def installed_version() -> str:
    """Return the version of the installed python-arango; raise `ImportError` if there is none."""
    try:
        return version("python-arango")
    except PackageNotFoundError:
        raise ImportError(
            "python-arango is not installed: pip install 'arango-jobs[python-arango]'"
        ) from None


def check_version(found: str) -> None:
    """Raise `OptionError` unless version `found` can be used."""
    numbers = tuple(int(part) for part in found.split(".")[:2] if part.isdecimal())
    if numbers < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        raise OptionError(
            f"python-arango {found} is too old: JobManager takes its databases from {oldest} on "
            "(pip install --upgrade python-arango)"
        )


check_version(installed_version())

# Only now: what is imported here may not be there in one that is too old.
from arango.api import ApiGroup  # noqa: E402
from arango.aql import AQL  # noqa: E402
from arango.client import default_deserializer  # noqa: E402
from arango.collection import (  # noqa: E402
    EdgeCollection,
    StandardCollection,
    VertexCollection,
)
from arango.connection import (  # noqa: E402
    BaseConnection,
    BasicConnection,
    JwtConnection,
    JwtSuperuserConnection,
)
from arango.cursor import Cursor  # noqa: E402
from arango.database import Database, StandardDatabase  # noqa: E402
from arango.exceptions import ArangoServerError as ServerError  # noqa: E402
from arango.exceptions import DocumentInsertError  # noqa: E402
from arango.graph import Graph  # noqa: E402
from arango.http import DefaultHTTPClient, HTTPClient  # noqa: E402
from arango.request import Request as DriverRequest  # noqa: E402
from arango.resolver import HostResolver  # noqa: E402
from arango.response import Response as DriverResponse  # noqa: E402
