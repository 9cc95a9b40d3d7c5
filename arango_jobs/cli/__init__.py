"""The command `arango-jobs`. Everything that prints lives here, and nothing that decides.

Exit codes: 0 ok, 1 something failed, 2 wrong usage, 124 timed out, 130 interrupted.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

__all__ = ["main"]

try:
    from arango_jobs.cli.app import run
except ModuleNotFoundError as error:
    if error.name not in ("click", "rich"):
        raise

    def run(arguments: Sequence[str] | None = None) -> int:
        """Say what is missing."""
        sys.stderr.write("arango-jobs: the command line needs: pip install arango-jobs[cli]\n")
        return 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command with `arguments`, or those of the process, and return its exit code."""
    return run(arguments)
