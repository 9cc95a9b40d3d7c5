"""Functions for places on the earth, which counts as a sphere, and GeoJSON constructors."""

from __future__ import annotations

import math
from typing import Any

from arango_jobs.local.aql.functions.arguments import array, number
from arango_jobs.local.aql.functions.registry import ArgumentError, function
from arango_jobs.local.aql.values import equal, is_number, is_true, normal

__all__ = ["distance_between", "place"]

_RADIUS = 6_371_000.0
Place = tuple[float, float]


def distance_between(first: Place, second: Place) -> float:
    """Return the metres between two places, each a pair of longitude and latitude."""
    (longitude, latitude), (other_longitude, other_latitude) = first, second
    low, high = math.radians(latitude), math.radians(other_latitude)
    half = math.sin((high - low) / 2) ** 2
    across = math.sin(math.radians(other_longitude - longitude) / 2) ** 2
    return (
        2 * _RADIUS * math.asin(math.sqrt(min(1, half + math.cos(low) * math.cos(high) * across)))
    )


def _pair(value: Any) -> Place:
    if type(value) is not list or len(value) < 2:
        raise ArgumentError
    return number(value[0]), number(value[1])


def place(value: Any) -> Place:
    """Return the place of coordinates or a GeoJSON object; of a larger one, its middle."""
    if type(value) is not dict:
        return _pair(value)
    coordinates = value.get("coordinates")
    if value.get("type") == "Point":
        return _pair(coordinates)
    points = _points(coordinates)
    if not points:
        raise ArgumentError
    return (
        sum(point[0] for point in points) / len(points),
        sum(point[1] for point in points) / len(points),
    )


def _points(coordinates: Any) -> list[Place]:
    if type(coordinates) is not list:
        raise ArgumentError
    if coordinates and is_number(coordinates[0]):
        return [_pair(coordinates)]
    return [point for part in coordinates for point in _points(part)]


@function("DISTANCE", 4)
def distance(latitude: Any, longitude: Any, to_latitude: Any, to_longitude: Any) -> Any:
    """Return the metres between two places."""
    start = number(longitude), number(latitude)
    return normal(distance_between(start, (number(to_longitude), number(to_latitude))))


@function("GEO_DISTANCE", 2, 3)
def geo_distance(first: Any, second: Any, ellipsoid: Any = None) -> Any:
    """Return the metres between two places, or the middles of two shapes."""
    return normal(distance_between(place(first), place(second)))


@function("GEO_IN_RANGE", 4, 7)
def geo_in_range(
    first: Any, second: Any, low: Any, high: Any, with_low: Any = True, with_high: Any = True,
    ellipsoid: Any = None,
) -> bool:  # fmt: skip
    """Tell whether the distance of two places lies in a range."""
    metres, least, most = distance_between(place(first), place(second)), number(low), number(high)
    above = metres >= least if is_true(with_low) else metres > least
    return above and (metres <= most if is_true(with_high) else metres < most)


def _is_inside(point: Place, ring: list[Place]) -> bool:
    x, y = point
    inside = False
    for (x1, y1), (x2, y2) in zip(ring, ring[1:] + ring[:1], strict=True):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            inside = not inside
    return inside


@function("IS_IN_POLYGON", 2, 3)
def is_in_polygon(polygon: Any, first: Any, second: Any = None) -> bool:
    """Tell whether a place is inside a polygon of [latitude, longitude] pairs."""
    corners = [_pair(corner) for corner in array(polygon)]
    if type(first) is not list:
        return _is_inside((number(first), number(second)), corners)
    point = _pair(first)
    if is_true(second):
        point, corners = point[::-1], [corner[::-1] for corner in corners]
    return _is_inside(point, corners)


@function("GEO_CONTAINS", 2)
def geo_contains(shape: Any, point: Any) -> bool:
    """Tell whether a polygon contains a place; edges are straight lines on the map."""
    if type(shape) is not dict or shape.get("type") != "Polygon":
        raise ArgumentError
    rings = [[_pair(corner) for corner in array(ring)] for ring in array(shape.get("coordinates"))]
    where = place(point)
    return _is_inside(where, rings[0]) and not any(_is_inside(where, hole) for hole in rings[1:])


@function("GEO_EQUALS", 2)
def geo_equals(first: Any, second: Any) -> bool:
    """Tell whether two shapes have the same coordinates."""
    if type(first) is dict and type(second) is dict:
        return equal(first, second)
    return place(first) == place(second)


@function("GEO_POINT", 2)
def geo_point(longitude: Any, latitude: Any) -> Any:
    """Return a GeoJSON point."""
    return {"type": "Point", "coordinates": [number(longitude), number(latitude)]}


def _corners(value: Any) -> list[list[float]]:
    corners = [list(place(item)) for item in array(value)]
    if len(corners) < 2:
        raise ArgumentError
    return corners


def _rings(value: Any) -> list[list[list[float]]]:
    items = array(value)
    nested = (
        bool(items) and type(items[0]) is list and bool(items[0]) and not is_number(items[0][0])
    )
    rings = [_corners(ring) for ring in (items if nested else [items])]
    if any(len(ring) < 4 or ring[0] != ring[-1] for ring in rings):
        raise ArgumentError
    return rings


@function("GEO_MULTIPOINT")
def geo_multipoint(points: Any) -> Any:
    """Return a GeoJSON multi-point."""
    return {"type": "MultiPoint", "coordinates": _corners(points)}


@function("GEO_LINESTRING")
def geo_linestring(points: Any) -> Any:
    """Return a GeoJSON line."""
    return {"type": "LineString", "coordinates": _corners(points)}


@function("GEO_MULTILINESTRING")
def geo_multilinestring(lines: Any) -> Any:
    """Return GeoJSON lines."""
    return {"type": "MultiLineString", "coordinates": [_corners(line) for line in array(lines)]}


@function("GEO_POLYGON")
def geo_polygon(points: Any) -> Any:
    """Return a GeoJSON polygon."""
    return {"type": "Polygon", "coordinates": _rings(points)}


@function("GEO_MULTIPOLYGON")
def geo_multipolygon(polygons: Any) -> Any:
    """Return GeoJSON polygons."""
    return {"type": "MultiPolygon", "coordinates": [_rings(rings) for rings in array(polygons)]}
