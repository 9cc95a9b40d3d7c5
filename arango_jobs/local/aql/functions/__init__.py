"""AQL's functions, one module per kind; importing the package fills the registry."""

from __future__ import annotations

from arango_jobs.local.aql.functions import (
    control,
    dateformat,
    dates,
    documents,
    encoding,
    geo,
    hashes,
    legacy,
    lists,
    numbers,
    objects,
    regexes,
    similarity,
    statistics,
    strings,
    types,
)  # fmt: skip
from arango_jobs.local.aql.functions.registry import ALIASES, REGISTRY, ArgumentError, Definition

__all__ = ["ALIASES", "MODULES", "REGISTRY", "UNSUPPORTED", "ArgumentError", "Definition"]

MODULES = (
    control, dateformat, dates, documents, encoding, geo, hashes, legacy, lists, numbers, objects,
    regexes, similarity, statistics, strings, types,
)  # fmt: skip

# ArangoDB's functions that this server does not have: a query that uses one says so.
UNSUPPORTED = frozenset({
    "ANALYZER", "APPROX_NEAR_COSINE", "APPROX_NEAR_L2", "BM25", "BOOST", "DECAY_EXP", "DECAY_GAUSS",
    "DECAY_LINEAR", "DECODE_REV", "EXISTS", "GEO_AREA", "GEO_INTERSECTS", "LEVENSHTEIN_MATCH",
    "MINHASH", "MINHASH_COUNT", "MINHASH_ERROR", "MINHASH_MATCH", "MIN_MATCH", "NGRAM_MATCH",
    "NGRAM_POSITIONAL_SIMILARITY", "OFFSET_INFO", "PHRASE", "PREGEL_RESULT", "SCHEMA_GET",
    "SCHEMA_VALIDATE", "SHARD_ID", "TFIDF", "TOKENS", "WITHIN_RECTANGLE",
})  # fmt: skip
