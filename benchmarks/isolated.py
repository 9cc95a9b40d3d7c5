"""Runs a function in an interpreter of its own: memory can only be measured in a fresh one.

call("benchmarks.memory:traced", url=…, count=…)   →   what it returned, through JSON
"""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from typing import Any

from benchmarks.cores import pin_client

__all__ = ["call"]


def call(function: str, **arguments: Any) -> Any:
    """Call `function` ("module:name") in a new process and return its result."""
    done = subprocess.run(
        [sys.executable, "-m", __name__, function, json.dumps(arguments)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    """Be the new process."""
    name, arguments = sys.argv[1:]
    module, _, function = name.partition(":")
    options = json.loads(arguments)
    pin_client(options.pop("is_pinned", True))
    print(json.dumps(getattr(importlib.import_module(module), function)(**options)))


if __name__ == "__main__":
    main()
