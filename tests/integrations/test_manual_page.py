"""The manual page about python-arango does what it shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from arango_jobs.local import LocalServer

pytestmark = pytest.mark.local_only

PAGE = Path(__file__).parents[2] / "docs" / "python-arango.md"


def test_the_example_runs():
    (example,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    with LocalServer() as server:
        names = {"url": server.url}
        exec(compile(example, str(PAGE), "exec"), names)
        names["db"].conn._sessions[0].close()
