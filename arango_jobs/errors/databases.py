"""Errors that the server answers with, about databases, users and itself; one class a call."""

from __future__ import annotations

from arango_jobs.errors.base import ArangoServerError

__all__ = [
    "DatabaseCreateError",
    "DatabaseDeleteError",
    "DatabaseListError",
    "DatabasePropertiesError",
    "PermissionGetError",
    "PermissionListError",
    "PermissionResetError",
    "PermissionUpdateError",
    "ServerCheckAvailabilityError",
    "ServerDetailsError",
    "ServerEchoError",
    "ServerEngineError",
    "ServerMetricsError",
    "ServerModeError",
    "ServerRequestError",
    "ServerRoleError",
    "ServerShutdownProgressError",
    "ServerStatisticsError",
    "ServerStatusError",
    "ServerTimeError",
    "ServerVersionError",
    "UserCreateError",
    "UserDeleteError",
    "UserGetError",
    "UserListError",
    "UserReplaceError",
    "UserUpdateError",
]


class DatabaseListError(ArangoServerError):
    """The databases could not be listed."""


class DatabasePropertiesError(ArangoServerError):
    """A database's properties could not be read."""


class DatabaseCreateError(ArangoServerError):
    """A database could not be created."""


class DatabaseDeleteError(ArangoServerError):
    """A database could not be deleted."""


class UserListError(ArangoServerError):
    """The users could not be listed."""


class UserGetError(ArangoServerError):
    """A user could not be read."""


class UserCreateError(ArangoServerError):
    """A user could not be created."""


class UserUpdateError(ArangoServerError):
    """A user could not be updated."""


class UserReplaceError(ArangoServerError):
    """A user could not be replaced."""


class UserDeleteError(ArangoServerError):
    """A user could not be deleted."""


class PermissionListError(ArangoServerError):
    """A user's rights could not be listed."""


class PermissionGetError(ArangoServerError):
    """A user's right could not be read."""


class PermissionUpdateError(ArangoServerError):
    """A user's right could not be changed."""


class PermissionResetError(ArangoServerError):
    """A user's right could not be reset."""


class ServerVersionError(ArangoServerError):
    """The server's version could not be read."""


class ServerDetailsError(ArangoServerError):
    """The details of the server's version could not be read."""


class ServerEngineError(ArangoServerError):
    """The server's storage engine could not be read."""


class ServerStatusError(ArangoServerError):
    """The server's status could not be read."""


class ServerRoleError(ArangoServerError):
    """The server's role could not be read."""


class ServerModeError(ArangoServerError):
    """The server's mode could not be read."""


class ServerTimeError(ArangoServerError):
    """The server's time could not be read."""


class ServerEchoError(ArangoServerError):
    """The server did not echo a request."""


class ServerMetricsError(ArangoServerError):
    """The server's metrics could not be read."""


class ServerStatisticsError(ArangoServerError):
    """The server's statistics could not be read."""


class ServerCheckAvailabilityError(ArangoServerError):
    """The server is not available."""


class ServerShutdownProgressError(ArangoServerError):
    """How far a soft shutdown is could not be read."""


class ServerRequestError(ArangoServerError):
    """The server refused a request made by path."""
