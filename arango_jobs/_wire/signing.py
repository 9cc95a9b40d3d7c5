"""Who asks: puts the `Authorization` header on templates of requests, and renews it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from arango_jobs._wire.auth import Credentials
from arango_jobs.errors import ArangoJobsError
from arango_jobs.logs import logger
from arango_jobs.operations import Headers, Request, Response, Template

__all__ = ["Signer"]

# Some are made for one request alone: they must not grow what is kept.
_MAX_TEMPLATES = 256
_MAX_HEADERS = 64


class Signer:
    """Signs templates; `time` gives seconds since the Unix epoch."""

    def __init__(self, credentials: Credentials | None, time: Callable[[], float]) -> None:
        self._credentials = credentials
        self._time = time
        self._templates: dict[Template, Template] = {}
        self._headers: dict[Headers, Headers] = {}
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

    def refresh(self) -> None:
        """Take the header that goes on what is signed from now on."""
        header = None if self._credentials is None else self._credentials.header()
        if header != self._header:
            self._header = header
            self._templates.clear()
            self._headers.clear()

    def sign(self, template: Template) -> Template:
        """Return `template` with the header on it."""
        return self._templates.get(template) or self._sign(template)

    def _sign(self, template: Template) -> Template:
        if not self._header:
            return template
        headers = template.headers
        # The same tuple for the same headers: whoever renders them knows them by identity.
        signed = self._headers.get(headers) or (*headers, ("authorization", self._header))
        # Headers that carry a revision differ from one request to the next.
        if len(self._headers) < _MAX_HEADERS:
            self._headers[headers] = signed
        made = replace(template, headers=signed)
        if len(self._templates) >= _MAX_TEMPLATES:
            self._templates.clear()
        self._templates[template] = made
        return made

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
