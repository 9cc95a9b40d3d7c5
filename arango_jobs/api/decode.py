"""From a response to a result, or to the operation's error."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar

from arango_jobs.errors import JSONDecodeError, operation_error
from arango_jobs.operations import Operation, Response

__all__ = [
    "Decoder",
    "a_list",
    "an_object",
    "check_elements",
    "error_number",
    "failure",
    "json_of",
    "reading",
    "shaped",
]

T = TypeVar("T")

Decoder = Callable[[Response, Operation[T]], T]


def error_number(response: Response) -> int:
    """Return ArangoDB's error number, 0 where the response has none."""
    body = response.json()
    number = body.get("errorNum") if isinstance(body, dict) else None
    return number if isinstance(number, int) else 0


def failure(response: Response, operation: Operation[Any]) -> Exception:
    """Return the operation's error for `response`."""
    return operation_error(operation.kind.error, response, operation)


def json_of(response: Response, operation: Operation[Any]) -> Any:
    """Return the JSON of a success; raise the operation's error for anything else."""
    if not response.is_success:
        raise failure(response, operation)
    return response.json()


def a_list(value: Any) -> list[Any]:
    """Return `value`, which must be a list: text and objects could be iterated over as well."""
    if not isinstance(value, list):
        raise TypeError(f"a {type(value).__name__} where a list should be")
    return value


def an_object(value: Any) -> dict[str, Any]:
    """Return `value`, which must be an object."""
    if not isinstance(value, dict):
        raise TypeError(f"a {type(value).__name__} where an object should be")
    return value


def shaped(read: Callable[[Any], T], body: Any, operation: Operation[Any]) -> T:
    """Return `read(body)`; raise `JSONDecodeError` where the body is not what it reads."""
    try:
        return read(body)
    except (KeyError, TypeError, AttributeError, IndexError, ValueError) as error:
        raise JSONDecodeError(
            f"the answer to {operation!r} is not the JSON that ArangoDB gives: {error!r}"
        ) from error


def check_elements(body: Any, operation: Operation[Any]) -> None:
    """Raise `JSONDecodeError` where `body` does not answer the operation's array, one by one.

    Its elements are as many as those of the array, and name the same keys in the same order.
    """
    asked = operation.body
    if not isinstance(asked, list) or not isinstance(body, list):
        return
    if len(body) != len(asked):
        raise JSONDecodeError(
            f"the answer to {operation!r} has {len(body)} elements for an array of {len(asked)}"
        )
    for position, (element, one) in enumerate(zip(body, asked, strict=True)):
        key = one.get("_key") if isinstance(one, Mapping) else one
        told = element.get("_key", key) if isinstance(element, Mapping) else key
        # A key holds no slash: what is in front of one is the collection.
        if isinstance(key, str) and told != key and told != key.rpartition("/")[2]:
            raise JSONDecodeError(
                f"the answer to {operation!r} has another document's element at {position}"
            )


def reading(
    read: Callable[[Any], T], *, false_on: Collection[int] = (), false: Any = False
) -> Decoder[T]:
    """Return a decoder for what `read` makes of a success's JSON.

    Errors whose number is in `false_on` give `false` instead of being raised.
    """

    def decode(response: Response, operation: Operation[T]) -> T:
        if response.is_success:
            return shaped(read, response.json(), operation)
        if false_on and error_number(response) in false_on:
            return false  # type: ignore[no-any-return]  # chosen to fit T by the wrapper
        raise failure(response, operation)

    return decode
