"""`/_api/gharial`: graphs, vertices and edges."""

from __future__ import annotations

import pytest


@pytest.fixture
def graph(ask):
    """Return an asker with a graph ``g``: people know people."""
    body = {
        "name": "g",
        "edgeDefinitions": [{"collection": "knows", "from": ["people"], "to": ["people"]}],
        "orphanCollections": ["places"],
    }
    assert ask("POST", "/_api/gharial", body).status == 202
    for key in "ab":
        ask("POST", "/_api/gharial/g/vertex/people", {"_key": key})
    return ask


def number(response):
    return (response.status, response.document()["errorNum"])


EDGE = {"_key": "1", "_from": "people/a", "_to": "people/b"}


def test_graph_life(graph):
    """Its collections are created; it is listed, shown, dropped."""
    shown = graph("GET", "/_api/gharial/g").document()["graph"]
    assert shown["orphanCollections"] == ["places"]
    assert shown["_id"] == "_graphs/g"
    assert graph("GET", "/_api/collection/knows").document()["type"] == 3
    assert number(graph("POST", "/_api/gharial", {"name": "g"})) == (409, 1925)
    assert [g["name"] for g in graph("GET", "/_api/gharial").document()["graphs"]] == ["g"]
    assert graph("DELETE", "/_api/gharial/g").document()["removed"] is True
    assert graph("GET", "/_api/collection/knows").status == 200
    assert number(graph("GET", "/_api/gharial/g")) == (404, 1924)


def test_drop_with_collections_spares_those_of_other_graphs(graph):
    """dropCollections=1."""
    graph("POST", "/_api/gharial", {"name": "other", "orphanCollections": ["places"]})
    graph("DELETE", "/_api/gharial/g?dropCollections=1")
    assert graph("GET", "/_api/collection/knows").status == 404
    assert graph("GET", "/_api/collection/people").status == 404
    assert graph("GET", "/_api/collection/places").status == 200


def test_vertex_collections(graph):
    """Listed with those of the definitions; added; removed when unused."""
    names = graph("GET", "/_api/gharial/g/vertex").document()["collections"]
    assert names == ["people", "places"]
    response = graph("POST", "/_api/gharial/g/vertex", {"collection": "pets"})
    assert response.document()["graph"]["orphanCollections"] == ["pets", "places"]
    assert graph("POST", "/_api/gharial/g/vertex", {"collection": "pets"}).status == 400
    assert number(graph("DELETE", "/_api/gharial/g/vertex/people")) == (400, 1928)
    assert number(graph("DELETE", "/_api/gharial/g/vertex/nope")) == (404, 1926)
    graph("DELETE", "/_api/gharial/g/vertex/pets?dropCollection=1")
    assert graph("GET", "/_api/collection/pets").status == 404


def test_edge_definitions(graph):
    """Added, replaced, removed; vertex collections become orphans."""
    definition = {"collection": "likes", "from": ["people"], "to": ["places"]}
    response = graph("POST", "/_api/gharial/g/edge", definition)
    assert response.document()["graph"]["orphanCollections"] == []
    assert number(graph("POST", "/_api/gharial/g/edge", definition)) == (400, 1920)
    replaced = {"collection": "likes", "from": ["people"], "to": ["people"]}
    response = graph("PUT", "/_api/gharial/g/edge/likes", replaced)
    assert response.document()["graph"]["orphanCollections"] == ["places"]
    assert graph("GET", "/_api/gharial/g/edge").document()["collections"] == ["knows", "likes"]
    graph("DELETE", "/_api/gharial/g/edge/likes")
    response = graph("DELETE", "/_api/gharial/g/edge/knows?dropCollections=1")
    assert response.document()["graph"]["orphanCollections"] == ["people", "places"]
    assert graph("GET", "/_api/collection/knows").status == 404


@pytest.mark.parametrize(
    "definition",
    [{}, {"collection": "x"}, {"collection": "x", "from": [], "to": ["a"]},
     {"collection": "x", "from": "a", "to": ["a"]}, {"collection": 5, "from": ["a"], "to": ["a"]}],
)  # fmt: skip
def test_wrong_edge_definitions(graph, definition):
    """400/1922."""
    assert number(graph("POST", "/_api/gharial/g/edge", definition)) == (400, 1922)


def test_edges_obey_the_definition(graph):
    """Ends must be vertices of the collections named, and exist."""
    target = "/_api/gharial/g/edge/knows"
    assert graph("POST", target, EDGE).document()["edge"]["_key"] == "1"
    assert number(graph("POST", target, {"_from": "people/a"})) == (400, 1233)
    assert number(graph("POST", target, {**EDGE, "_from": "people/zzz"})) == (404, 1202)
    assert number(graph("POST", target, {**EDGE, "_to": "places/x"}))[0] == 400
    assert number(graph("PATCH", f"{target}/1", {"_to": "people/zzz"})) == (404, 1202)
    assert graph("PATCH", f"{target}/1", {"w": 1}).status == 202
    assert number(graph("PUT", f"{target}/1", {"w": 1})) == (400, 1233)


def test_removing_a_vertex_removes_its_edges(graph):
    """In both directions."""
    graph("POST", "/_api/gharial/g/edge/knows", EDGE)
    graph("POST", "/_api/gharial/g/edge/knows", {"_from": "people/b", "_to": "people/a"})
    response = graph("DELETE", "/_api/gharial/g/vertex/people/a?returnOld=1")
    assert response.document()["old"]["_key"] == "a"
    assert graph("GET", "/_api/collection/knows/count").document()["count"] == 0


def test_vertices_are_documents(graph):
    """Read, update, replace with revisions."""
    target = "/_api/gharial/g/vertex/people/a"
    rev = graph("GET", target).document()["vertex"]["_rev"]
    assert graph("GET", target, if_none_match=rev).status == 304
    assert number(graph("PATCH", target, {}, if_match="other")) == (412, 1200)
    body = graph("PATCH", f"{target}?returnNew=1&returnOld=1", {"x": 1}).document()
    assert (body["vertex"]["_oldRev"], body["new"]["x"], body["old"]["_rev"]) == (rev, 1, rev)
    assert graph("PUT", target, {"y": 1}).status == 202
    assert "x" not in graph("GET", target).document()["vertex"]


@pytest.mark.parametrize(
    ("call", "error"),
    [
        ("GET /_api/gharial/nope/vertex/people/a", 1924),
        ("GET /_api/gharial/g/vertex/nope/a", 1926),
        ("GET /_api/gharial/g/edge/nope/a", 1930),
        ("GET /_api/gharial/g/vertex/people/zzz", 1202),
    ],
)
def test_what_is_missing(graph, call, error):
    """404 with the number of its kind."""
    assert number(graph(*call.split())) == (404, error)


def test_edges_of_a_vertex(graph):
    """/_api/edges by direction."""
    graph("POST", "/_api/gharial/g/edge/knows", EDGE)
    for direction, count in (("out", 1), ("in", 0), ("any", 1)):
        target = f"/_api/edges/knows?vertex=people/a&direction={direction}"
        assert len(graph("GET", target).document()["edges"]) == count


def test_renamed_collections_stay_in_their_graphs(graph):
    """The definitions follow."""
    graph("PUT", "/_api/collection/people/rename", {"name": "persons"})
    names = graph("GET", "/_api/gharial/g/vertex").document()["collections"]
    assert names == ["persons", "places"]
    assert graph("GET", "/_api/document/persons/a").document()["_id"] == "persons/a"
