"""The file that holds AQL's grammar, which a program that was frozen may lack."""

from __future__ import annotations

from importlib.resources import files

from arango_jobs.errors import ArangoClientError

__all__ = ["check_grammar", "read_grammar"]

_PLACE = "arango_jobs/local/aql/grammar.lark"


def read_grammar() -> str:
    """Return the grammar; raise `ArangoClientError` where the file is missing."""
    try:
        return files("arango_jobs.local.aql").joinpath("grammar.lark").read_text("utf-8")
    except (OSError, ImportError) as error:
        raise ArangoClientError(
            f"the embedded server needs {_PLACE}, which this program lacks; freeze it with the "
            "data files of the package arango_jobs (PyInstaller: --collect-data arango_jobs)"
        ) from error


def check_grammar() -> None:
    """Raise `ArangoClientError` where the file is missing: each query would fail otherwise."""
    read_grammar()
