"""Who asks: puts the `Authorization` header on requests, and renews it."""

from __future__ import annotations

from collections.abc import Callable

from arango_jobs._wire.auth import Credentials
from arango_jobs.errors import ArangoJobsError
from arango_jobs.logs import logger
from arango_jobs.operations import Headers, Request, Response

__all__ = ["Signer"]


class Signer:
    """Signs requests; `time` gives seconds since the Unix epoch."""

    def __init__(self, credentials: Credentials | None, time: Callable[[], float]) -> None:
        self._credentials = credentials
        self._time = time
        self._signed: dict[int, tuple[Headers, Headers]] = {}
        self._header: str | None = None

    @property
    def can_renew(self) -> bool:
        """Whether new credentials can be had."""
        return self._credentials is not None and self._credentials.can_renew()

    @property
    def is_due(self) -> bool:
        """Whether they have to be renewed before anything else is sent."""
        return (
            self.can_renew
            and self._credentials is not None
            and (self._credentials.needs_renewal(self._time()))
        )

    def sign(self, request: Request) -> Request:
        """Return `request` with the header on it."""
        credentials, headers = self._credentials, request.headers
        if credentials is None:
            return request
        header = credentials.header()
        if header != self._header:
            self._header = header
            self._signed.clear()
        # Nearly all requests share a few tuples of headers, which are known by identity.
        known = self._signed.get(id(headers))
        if known is not None and known[0] is headers:
            request.headers = known[1]
            return request
        signed = (*headers, ("authorization", header)) if header else headers
        # Headers that carry a revision differ from one request to the next.
        if len(self._signed) < 64:
            self._signed[id(headers)] = (headers, signed)
        request.headers = signed
        return request

    def renewal(self) -> Request:
        """Return the request for new credentials."""
        assert self._credentials is not None
        return self._credentials.renewal_request()

    def renewed(self, response: Response) -> bool:
        """Take the answer; say whether the credentials are new."""
        assert self._credentials is not None
        try:
            self._credentials.renewed(response, self._time())
        except ArangoJobsError as error:
            logger.error("credentials could not be renewed: %s", error)
            return False
        return True
