"""From what a command ended with to one line on standard error and an exit code."""

from __future__ import annotations

import os
import re
import sys
from concurrent.futures import TimeoutError as FutureTimeoutError
from urllib.parse import unquote

import click

from arango_jobs.errors import (
    ArangoJobsError,
    ArangoServerError,
    JobDeadlineError,
    OptionError,
)
from arango_jobs.loader import SourceError

__all__ = ["FAILED", "INTERRUPTED", "TIMED_OUT", "USAGE", "complain", "exit_code_of", "one_line"]

FAILED, USAGE, TIMED_OUT, INTERRUPTED = 1, 2, 124, 130


# What a group without a command ends with; older click has no such class, and exits.
_HELP: tuple[type[click.UsageError], ...] = tuple(
    getattr(click.exceptions, name)
    for name in ("NoArgsIsHelpError",)
    if hasattr(click.exceptions, name)
)
_NO_DATABASE = 1228
_DATABASE = re.compile("/_db/([^/?]+)")


def complain(text: str) -> None:
    """Print one line on standard error."""
    sys.stderr.write(f"arango-jobs: {text}\n")
    sys.stderr.flush()


def one_line(error: BaseException) -> str:
    """Return what happened as one line."""
    text = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, ArangoServerError) and error.http_code in (401, 403):
        return f"{text} (wrong user name or password, or no rights on this database?)"
    named = _DATABASE.search(getattr(error, "url", None) or "")
    if isinstance(error, ArangoServerError) and error.error_code == _NO_DATABASE and named:
        return f"{text} (is there a database {unquote(named[1])!r}?)"
    return text


def _of_click(error: click.ClickException) -> str:
    text = " ".join(error.format_message().split())
    context = getattr(error, "ctx", None)
    return text if context is None else f"{text} (see {context.command_path} --help)"


def exit_code_of(error: BaseException) -> int:
    """Say what happened, and return the exit code."""
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else FAILED
    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, _HELP):
        error.show()
        return error.exit_code
    if isinstance(error, click.ClickException):
        complain(_of_click(error))
        return error.exit_code
    if isinstance(error, (click.Abort, KeyboardInterrupt)):
        complain("interrupted")
        return INTERRUPTED
    if isinstance(error, BrokenPipeError):
        # Whoever read our output has left; what is still buffered must not raise again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    return _our_error(error)


def _our_error(error: BaseException) -> int:
    if isinstance(error, OptionError) or _is_unread(error):
        complain(one_line(error))
        return USAGE
    if isinstance(error, (JobDeadlineError, FutureTimeoutError)):
        complain(f"timed out: {one_line(error)}")
        return TIMED_OUT
    if isinstance(error, (ArangoJobsError, OSError)):
        complain(one_line(error))
        return FAILED
    raise error


def _is_unread(error: BaseException) -> bool:
    """Whether the input could not be read from the start on."""
    return isinstance(error, SourceError) and (error.report is None or not error.report.rows)
