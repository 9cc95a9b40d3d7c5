"""AQL's functions, one module per kind; importing the package fills the registry."""

from __future__ import annotations

from arango_jobs.local.aql.functions import control
from arango_jobs.local.aql.functions.registry import ALIASES, REGISTRY, Definition, Invalid

__all__ = ["ALIASES", "MODULES", "REGISTRY", "Definition", "Invalid"]

MODULES = (control,)
