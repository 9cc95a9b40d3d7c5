"""How a method that builds an operation becomes a method that executes it.

    @api_method
    def count(self) -> Operation[int]: ...

Called on a collection, `count` builds the operation and hands it to whatever
the collection's context does with operations. So each method is written once,
and type checkers see `int`, `AsyncJob[int]`, `None` or `JobFuture[int]` by the
context of the object it is called on.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from types import MethodType
from typing import TYPE_CHECKING, Any, Concatenate, Generic, TypeVar, overload

from typing_extensions import ParamSpec, Self

from arango_jobs.api.several import Several
from arango_jobs.checking import Rules, rules_of
from arango_jobs.errors import UnsupportedTargetError
from arango_jobs.operations import Operation

if TYPE_CHECKING:
    from arango_jobs._runtime.future import JobFuture
    from arango_jobs.api.async_job import AsyncJob
    from arango_jobs.api.context import Async, Default, Forget, Managed
    from arango_jobs.api.group import ApiGroup

__all__ = ["api_method", "build_operation", "builds_operation"]

P = ParamSpec("P")
T = TypeVar("T")

_MARK = "__builds_operation__"

if TYPE_CHECKING:

    class api_method(Generic[P, T]):  # noqa: N801  a decorator
        """Make a method that builds an operation execute it."""

        def __init__(
            self, build: Callable[Concatenate[Any, P], Operation[T] | Several[T]]
        ) -> None: ...

        @overload
        def __get__(self, instance: None, owner: Any) -> Self: ...
        @overload
        def __get__(self, instance: ApiGroup[Default], owner: Any) -> Callable[P, T]: ...
        @overload
        def __get__(self, instance: ApiGroup[Async], owner: Any) -> Callable[P, AsyncJob[T]]: ...
        @overload
        def __get__(self, instance: ApiGroup[Forget], owner: Any) -> Callable[P, None]: ...
        @overload
        def __get__(self, instance: ApiGroup[Managed], owner: Any) -> Callable[P, JobFuture[T]]: ...
        def __get__(self, instance: Any, owner: Any) -> Any: ...

else:

    def api_method(build):
        """Make a method that builds an operation execute it; `__wrapped__` still builds it."""
        rules = rules_of(build, options_only=True)
        check = rules.check

        def call(self, /, *args, **kwargs):
            check(args, kwargs)
            return self._execute(build(self, *args, **kwargs))

        def call_with_document(self, /, *args, **kwargs):
            if len(args) == 1 and not kwargs:
                # The usual call, which costs half without the unpacking, and has no option.
                return self._execute(build(self, args[0]))
            check(args, kwargs)
            return self._execute(build(self, *args, **kwargs))

        method = wraps(build)(call if rules.is_first_checked else call_with_document)
        setattr(method, _MARK, rules)
        return method


def builds_operation(target: object) -> bool:
    """Whether `target` is a bound method of one of our wrappers."""
    return isinstance(target, MethodType) and hasattr(target.__func__, _MARK)


def build_operation(
    target: Callable[..., Any], /, *args: Any, **kwargs: Any
) -> Operation[Any] | Several[Any]:
    """Return what calling `target`, a bound method of a wrapper, would execute.

    Raises `UnsupportedTargetError` for anything else.
    """
    if not builds_operation(target):
        name = getattr(target, "__qualname__", None) or repr(type(target).__name__)
        raise UnsupportedTargetError(
            f"{name} is no method of a database, collection, graph or AQL object, "
            "so it says nothing about what to send"
        )
    method: Any = target
    rules: Rules = getattr(method.__func__, _MARK)
    if kwargs or len(args) != 1 or rules.is_first_checked:
        rules.check(args, kwargs)
    operation: Operation[Any] | Several[Any] = method.__func__.__wrapped__(
        method.__self__, *args, **kwargs
    )
    return operation
