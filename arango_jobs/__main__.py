"""`python -m arango_jobs` is `arango-jobs`."""

from __future__ import annotations

import sys

from arango_jobs.cli import main

if __name__ == "__main__":
    sys.exit(main())
