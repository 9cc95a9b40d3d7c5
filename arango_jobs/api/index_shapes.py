"""What an index is called here: python-arango's names."""

from __future__ import annotations

from typing import Any

from arango_jobs.api.shapes import Names, renamed, without_status
from arango_jobs.api.types import Json

__all__ = ["index", "raw_index"]

_INDEX: Names = {
    "fields": "fields",
    "type": "type",
    "name": "name",
    "deduplicate": "deduplicate",
    "sparse": "sparse",
    "unique": "unique",
    "minLength": "min_length",
    "geoJson": "geo_json",
    "ignoreNull": "ignore_none",
    "selectivityEstimate": "selectivity",
    "isNewlyCreated": "new",
    "expireAfter": "expiry_time",
    "inBackground": "in_background",
    "bestIndexedLevel": "best_indexed_level",
    "worstIndexedLevel": "worst_indexed_level",
    "maxNumCoverCells": "max_num_cover_cells",
    "storedValues": "storedValues",
    "cacheEnabled": "cacheEnabled",
    "legacyPolygons": "legacyPolygons",
    "figures": "figures",
    "estimates": "estimates",
    "analyzer": "analyzer",
    "cleanupIntervalStep": "cleanup_interval_step",
    "commitIntervalMsec": "commit_interval_msec",
    "consolidationIntervalMsec": "consolidation_interval_msec",
    "consolidationPolicy": "consolidation_policy",
    "features": "features",
    "includeAllFields": "include_all_fields",
    "primarySort": "primary_sort",
    "searchField": "search_field",
    "trackListPositions": "track_list_positions",
    "version": "version",
    "cache": "cache",
    "primaryKeyCache": "primaryKeyCache",
    "writebufferIdle": "writebuffer_idle",
    "writebufferActive": "writebuffer_active",
    "writebufferSizeMax": "writebuffer_max_size",
    "fieldValueTypes": "field_value_types",
    "optimizeTopK": "optimizeTopK",
    "params": "params",
    "errorMessage": "error_message",
    "trainingState": "training_state",
    "shards": "shards",
}

_CONSOLIDATION: Names = {
    "type": "type",
    "threshold": "threshold",
    "segmentsMin": "segments_min",
    "segmentsMax": "segments_max",
    "segmentsBytesMax": "segments_bytes_max",
    "segmentsBytesFloor": "segments_bytes_floor",
    "minScore": "min_score",
    "maxSkewThreshold": "max_skew_threshold",
    "minDeletionRatio": "min_deletion_ratio",
}


def index(body: Any) -> Json:
    """Return an index under python-arango's names."""
    shape = {"id": _index_id(body), **renamed(_INDEX)(body)}
    if "consolidation_policy" in shape:
        shape["consolidation_policy"] = renamed(_CONSOLIDATION)(shape["consolidation_policy"])
    return shape


def raw_index(body: Any) -> Json:
    """Return an index under the server's own names."""
    return {**without_status(body), "id": _index_id(body)}


def _index_id(body: Any) -> str:
    return str(body["id"].split("/", 1)[-1])
