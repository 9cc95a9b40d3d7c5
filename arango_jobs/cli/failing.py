"""From what a command ended with to one line on standard error and an exit code."""

from __future__ import annotations

import os
import sys
from concurrent.futures import TimeoutError as FutureTimeoutError

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


def complain(text: str) -> None:
    """Print one line on standard error."""
    sys.stderr.write(f"arango-jobs: {text}\n")
    sys.stderr.flush()


def one_line(error: BaseException) -> str:
    """Return what happened as one line."""
    text = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, ArangoServerError) and error.http_code in (401, 403):
        return f"{text} (wrong user name or password, or no rights on this database?)"
    return text


def exit_code_of(error: BaseException) -> int:
    """Say what happened, and return the exit code."""
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else FAILED
    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, click.ClickException):
        error.show()
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
