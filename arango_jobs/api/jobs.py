"""The server's jobs as a whole: their ids, and forgetting them."""

from __future__ import annotations

from arango_jobs.api.context import C
from arango_jobs.api.decode import a_list, reading
from arango_jobs.api.group import ApiGroup
from arango_jobs.api.method import api_method
from arango_jobs.errors import AsyncJobClearError, AsyncJobListError
from arango_jobs.operations import Operation, Retry, quote_segment

__all__ = ["AsyncJobs"]


class AsyncJobs(ApiGroup[C]):
    """Calls about every job of this user, whichever program it belongs to."""

    @api_method
    def async_jobs(self, status: str, count: int | None = None) -> Operation[list[str]]:
        """Return the ids of the user's "pending" or "done" jobs on the Coordinator asked.

        In no order, and at most `count` of them (the server's default is 100).
        """
        return self._operation(
            "job.list",
            "GET",
            f"/_api/job/{quote_segment(status)}",
            reading(a_list),
            AsyncJobListError,
            query={"count": count},
        )

    @api_method
    def clear_async_jobs(self, threshold: float | None = None) -> Operation[bool]:
        """Make the server forget the user's jobs, those of other programs too.

        With `threshold`, in seconds since the Unix epoch by the server's clock,
        only those that ended before it, or began before it and have not ended.
        """
        expired = threshold is not None
        return self._operation(
            "job.clear",
            "DELETE",
            "/_api/job/expired" if expired else "/_api/job/all",
            reading(lambda _: True),
            AsyncJobClearError,
            query={"stamp": threshold},
            retry=Retry.IDEMPOTENT if expired else Retry.NEVER,
        )
