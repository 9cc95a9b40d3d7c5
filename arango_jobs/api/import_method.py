"""How type checkers see `import_bulk`, whose result is a list where it works in batches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, overload

from arango_jobs.api.method import api_method

if TYPE_CHECKING:
    from arango_jobs._runtime.future import JobFuture
    from arango_jobs.api.async_job import AsyncJob
    from arango_jobs.api.context import Async, Default, Forget, Managed
    from arango_jobs.api.group import ApiGroup
    from arango_jobs.api.types import ImportResult, Json

__all__ = ["import_method"]

One = TypeVar("One", covariant=True)
Many = TypeVar("Many", covariant=True)

if TYPE_CHECKING:

    class ImportCall(Protocol[One, Many]):
        """`import_bulk` of a collection in one context."""

        @overload
        def __call__(
            self,
            documents: Sequence[Json],
            halt_on_error: bool = ...,
            details: bool = ...,
            from_prefix: str | None = ...,
            to_prefix: str | None = ...,
            overwrite: bool | None = ...,
            on_duplicate: str | None = ...,
            sync: bool | None = ...,
            batch_size: None = None,
        ) -> One: ...
        @overload
        def __call__(
            self,
            documents: Sequence[Json],
            halt_on_error: bool = ...,
            details: bool = ...,
            from_prefix: str | None = ...,
            to_prefix: str | None = ...,
            overwrite: bool | None = ...,
            on_duplicate: str | None = ...,
            sync: bool | None = ...,
            *,
            batch_size: int,
        ) -> Many: ...

    class import_method:  # noqa: N801  a decorator
        """Make the method that builds an import execute it."""

        def __init__(self, build: Callable[..., Any]) -> None: ...

        @overload
        def __get__(self, instance: None, owner: Any) -> import_method: ...
        @overload
        def __get__(
            self, instance: ApiGroup[Default], owner: Any
        ) -> ImportCall[ImportResult, list[ImportResult]]: ...
        @overload
        def __get__(
            self, instance: ApiGroup[Async], owner: Any
        ) -> ImportCall[AsyncJob[ImportResult], list[AsyncJob[ImportResult]]]: ...
        @overload
        def __get__(
            self, instance: ApiGroup[Forget], owner: Any
        ) -> ImportCall[None, list[None]]: ...
        @overload
        def __get__(
            self, instance: ApiGroup[Managed], owner: Any
        ) -> ImportCall[JobFuture[ImportResult], JobFuture[list[ImportResult]]]: ...
        def __get__(self, instance: Any, owner: Any) -> Any: ...

else:
    import_method = api_method
