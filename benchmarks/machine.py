"""Where and with what it was measured: machine, versions, date."""

from __future__ import annotations

import datetime
import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from benchmarks.settings import Settings

__all__ = ["describe", "is_busy"]

_WHEELS = (
    "arango-jobs",
    "python-arango",
    "python-arango-async",
    "requests",
    "urllib3",
    "aiohttp",
    "httptools",
    "orjson",
)


def describe(settings: Settings) -> dict[str, Any]:
    """Return all that a reader needs to know to judge the figures."""
    return {
        "date": datetime.datetime.now(tz=datetime.timezone.utc).date().isoformat(),
        "machine": f"{_processor()}, {os.cpu_count()} cores, {platform.system()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "versions": {name: found for name in _WHEELS if (found := _version(name))},
        "revision": _revision(),
        "load": _load(),
        "settings": {k: v for k, v in settings.to_json().items() if k not in ("password", "user")},
    }


def is_busy() -> bool:
    """Say whether the machine has had other work in the last minute."""
    return _load() > 0.7


def _load() -> float:
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else 0.0


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _revision() -> str:
    command = ["git", "-C", str(Path(__file__).parent), "rev-parse", "--short", "HEAD"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.strip()
