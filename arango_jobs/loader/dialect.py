"""How the cells of a table in text are told apart: delimiter, quote, escape."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from arango_jobs.errors import OptionError
from arango_jobs.loader.options import NO_QUOTE, LoadOptions

__all__ = ["Dialect", "dialect_of"]

_DELIMITERS = {"csv": ",", "tsv": "\t"}
# A quote in TSV is data: fields are neither quoted nor escaped (IANA, text/tab-separated-values).
_QUOTES = {"csv": '"', "tsv": NO_QUOTE}


@dataclass(frozen=True, slots=True)
class Dialect:
    """One way of writing tables as text."""

    delimiter: str
    quote: str | None
    escape: str | None
    encoding: str

    def reader(self, lines: Iterable[str]) -> Any:
        """Return the standard library's reader for it."""
        return csv.reader(
            lines,
            delimiter=self.delimiter,
            quotechar=self.quote,
            quoting=csv.QUOTE_NONE if self.quote is None else csv.QUOTE_MINIMAL,
            escapechar=self.escape,
            strict=True,
        )


def dialect_of(kind: str, options: LoadOptions) -> Dialect:
    """Return how files of `kind`, "csv" or "tsv", are written; `options` say what is special."""
    delimiter = options.delimiter or _DELIMITERS[kind]
    quote = options.quote or _QUOTES[kind]
    used = {"delimiter": delimiter, "escape": options.escape}
    if quote != NO_QUOTE:
        used["quote"] = quote
    for one, sign in used.items():
        for other, same in used.items():
            if one < other and sign is not None and sign == same:
                raise OptionError(f"{one} and {other} must not both be {sign!r}")
    return Dialect(
        delimiter, None if quote == NO_QUOTE else quote, options.escape, options.encoding
    )
