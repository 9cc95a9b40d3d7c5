"""What the functions give."""

from __future__ import annotations

import re

import pytest

from arango_jobs.local.aql.functions import REGISTRY, UNSUPPORTED
from arango_jobs.local.aql.functions.registry import ALIASES

CASES = [
    # any value
    ("LENGTH([1, 2])", 2), ("LENGTH({a: 1})", 1), ('LENGTH("äö")', 2), ("LENGTH(null)", 0), ("LENGTH(true)", 1),
    ("LENGTH(1234)", 4), ("COUNT([])", 0), ("TO_BOOL([])", True), ('TO_NUMBER("2")', 2), ("TO_STRING(1.5)", "1.5"),
    ("TO_ARRAY(null)", []), ("TO_ARRAY({a: 1})", [1]), ("TO_LIST(1)", [1]), ("TYPENAME([])", "array"),
    ("[IS_NULL(null), IS_BOOL(1), IS_NUMBER(1), IS_NUMBER(true), IS_STRING(''), IS_ARRAY([]), IS_LIST({}), IS_OBJECT({})]",
     [True, False, True, False, True, True, False, True]),
    ('[IS_DOCUMENT({}), IS_DATESTRING("2020-01"), IS_DATESTRING("x"), IS_KEY("a:b"), IS_KEY("a/b"), IS_IPV4("1.2.3.4")]',
     [True, True, False, True, False, True]),
    ("NOT_NULL(null, 2, 3)", 2), ("FIRST_LIST(1, [2], [3])", [2]), ("FIRST_DOCUMENT(1, {a: 2})", {"a": 2}),
    ("PASSTHRU(5)", 5), ("NOOPT(5)", 5), ("V8(5)", 5), ("NOEVAL(1)", 1), ("ASSERT(true, 'x')", True),
    ("WARN(true, 'x')", True), ("HASH([1]) == HASH([1.0])", True), ("CHECK_DOCUMENT({})", True),
    # strings
    ('CONCAT("a", 1, null, [1, 2])', "a1[1,2]"), ('CONCAT(["a", "b"])', "ab"),
    ('CONCAT_SEPARATOR(", ", "a", ["b", null, "c"], null)', "a, b, c"), ("CHAR_LENGTH(12.5)", 4),
    ('UPPER("aé")', "AÉ"), ('LOWER("AÉ")', "aé"), ('SUBSTRING("hello", 1, 3)', "ell"), ('SUBSTRING("hello", -3)', "llo"),
    ('SUBSTRING("hello", -99, 1)', "h"), ('SUBSTRING_BYTES("äb", 2)', "b"), ('LEFT("abc", 2)', "ab"),
    ('RIGHT("abc", 2)', "bc"), ('RIGHT("abc", 0)', ""), ('CONTAINS("foobar", "ob")', True),
    ('CONTAINS("foobar", "ob", true)', 2), ('CONTAINS("foo", "x", true)', -1), ('FIND_FIRST("foobarfoo", "foo", 1)', 6),
    ('FIND_LAST("foobarfoo", "foo", 0, 4)', 0), ('FIND_FIRST("abc", "c", 0, 1)', -1), ('STARTS_WITH("abc", "ab")', True),
    ('STARTS_WITH("abc", ["x", "a", "ab"], 2)', True), ('LIKE("FOO", "f%", true)', True), ('LIKE("a%b", "a\\\\%b")', True),
    ('TRIM("  a ")', "a"), ('TRIM("xxaxx", "x")', "a"), ('TRIM(" a ", 1)', "a "), ('TRIM(" a ", 2)', " a"),
    ('LTRIM("--a-", "-")', "a-"), ('RTRIM("-a--", "-")', "-a"), ('SPLIT("a-b-c", "-")', ["a", "b", "c"]),
    ('SPLIT("a, b & c", [", ", " & "])', ["a", "b", "c"]), ('SPLIT("abc", "")', ["a", "b", "c"]),
    ('SPLIT("a-b-c", "-", 2)', ["a", "b"]), ('SPLIT("abc")', ["abc"]), ('SUBSTITUTE("aaa", "a", "b", 2)', "bba"),
    ('SUBSTITUTE("the quick", ["quick", "the"], ["slow", "a"])', "a slow"), ('SUBSTITUTE("ab", {a: "x", b: "y"})', "xy"),
    ('SUBSTITUTE("aab", {a: "x"}, 1)', "xab"), ('SUBSTITUTE("ab", ["a", "b"], "z")', "zz"), ('SUBSTITUTE("ab", "b")', "a"),
    ('REVERSE("abc")', "cba"), ('REPEAT("a", 3, "-")', "a-a-a"), ("TO_CHAR(65)", "A"), ('SOUNDEX("example")', "E251"),
    ('SOUNDEX("ekzampul")', "E251"), ('SOUNDEX("")', ""), ('LEVENSHTEIN_DISTANCE("foobar", "bar")', 3),
    ('ENCODE_URI_COMPONENT("a b/ä")', "a%20b%2F%C3%A4"), ("JSON_STRINGIFY({a: [1, null]})", '{"a":[1,null]}'),
    ('JSON_PARSE("[1, {\\"a\\": null}]")', [1, {"a": None}]), ('JSON_PARSE("NaN")', None),
    ('IPV4_FROM_NUMBER(2130706433)', "127.0.0.1"), ('IPV4_TO_NUMBER("127.0.0.1")', 2130706433),
    ('MD5("foobar")', "3858f62230ac3c915f300c664312c63f"), ('SHA1("foobar")', "8843d7f92416211de9ebb963ff4ce28125932878"),
    ('SHA256("")', "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"), ('LEFT(SHA512("a"), 8)', "1f40fc92"),
    ('CRC32("foobar")', "D5F5C7F"), ('FNV64("foobar")', "85944171F73967E8"), ('TO_BASE64("ABC.")', "QUJDLg=="),
    ('TO_HEX("ABC.")', "4142432e"), ("LENGTH(RANDOM_TOKEN(8))", 8), ("RANDOM_TOKEN(-1)", None), ("LENGTH(UUID())", 36),
    ('TRANSLATE("FR", {FR: "France"})', "France"), ('TRANSLATE(42, {}, "?")', "?"), ('TRANSLATE("x", {})', "x"),
    ('NGRAM_SIMILARITY("quick", "quick", 2)', 1.0),
    # regular expressions
    ('REGEX_TEST("the quick", "qu.ck")', True), ('REGEX_TEST("ABC", "b", true)', True),
    ('REGEX_REPLACE("first, second", "(\\\\w+), (\\\\w+)", "$2 $1")', "second first"),
    ('REGEX_SPLIT("a1b22c", "[0-9]+")', ["a", "b", "c"]), ('REGEX_SPLIT("a1b2c", "[0-9]", false, 2)', ["a", "b"]),
    ('REGEX_MATCHES("my-user", "^([a-z]+)-([a-z]+)$")', ["my-user", "my", "user"]), ('REGEX_MATCHES("a", "b")', None),
    # numbers
    ("[FLOOR(-1.5), CEIL(-1.5), ROUND(2.5), ROUND(-2.5), ABS(-3)]", [-2, -1, 3, -2, 3]), ("SQRT(9)", 3), ("SQRT(-1)", None),
    ("POW(2, 10)", 1024), ("POW(0, -1)", None), ("LOG(0)", None), ("LOG2(8)", 3), ("LOG10(1000)", 3), ("EXP(0)", 1),
    ("EXP2(4)", 16), ("[SIN(0), COS(0), TAN(0), ASIN(0), ACOS(1), ATAN(0), ATAN2(0, 1)]", [0, 1, 0, 0, 0, 0, 0]),
    ("DEGREES(PI())", 180), ("RADIANS(0)", 0), ("RAND() < 1", True), ("RANGE(1, 4)", [1, 2, 3, 4]),
    ("RANGE(1, 4, 2)", [1, 3]), ("RANGE(3, 1)", [3, 2, 1]), ("RANGE(0.5, 1.5, 0.5)", [0.5, 1, 1.5]), ("RANGE(1, 2, -1)", None),
    ("IN_RANGE(2, 1, 2, true, false)", False), ("BIT_AND([7, 5])", 5), ("BIT_OR(4, 1)", 5), ("BIT_XOR([7, 5])", 2),
    ("BIT_NEGATE(0, 8)", 255), ("BIT_TEST(4, 2)", True), ("BIT_POPCOUNT(255)", 8), ("BIT_SHIFT_LEFT(3, 1, 8)", 6),
    ("BIT_SHIFT_RIGHT(6, 1, 8)", 3), ("BIT_CONSTRUCT([0, 2])", 5), ("BIT_DECONSTRUCT(5)", [0, 2]),
    ("BIT_TO_STRING(5, 4)", "0101"), ('BIT_FROM_STRING("101")', 5), ("BIT_AND(-1, 1)", None),
    # numbers of arrays
    ("SUM([1, null, 2])", 3), ("SUM([])", 0), ('SUM(["a"])', None), ("AVERAGE([1, 2, null])", 1.5), ("AVG([])", None),
    ("MIN([3, null, 1])", 1), ('MAX(["a", 2])', "a"), ("MIN([])", None), ("PRODUCT([2, 3])", 6), ("MEDIAN([3, 1, 2])", 2),
    ("MEDIAN([1, 2])", 1.5), ("PERCENTILE([1, 2, 3, 4], 50)", 2), ('PERCENTILE([1, 2, 3, 4], 50, "interpolation")', 2.5),
    ("PERCENTILE([1], 0)", None), ("VARIANCE([1, 3, 6, 5, 2])", 3.44), ("VARIANCE_POPULATION([1, 3])", 1),
    ("VARIANCE_SAMPLE([1, 3])", 2), ("VARIANCE_SAMPLE([1])", None), ("STDDEV([2, 4])", 1), ("STDDEV_POPULATION([2, 4])", 1),
    ("STDDEV_SAMPLE([1, 3, 5])", 2), ("COSINE_SIMILARITY([1, 0], [1, 0])", 1), ("L1_DISTANCE([1, 2], [2, 4])", 3),
    ("L2_DISTANCE([0, 0], [3, 4])", 5),
    # arrays
    ("[FIRST([1, 2]), LAST([1, 2]), FIRST([]), NTH([1, 2], 1), NTH([1], 5), NTH([1], -1)]", [1, 2, None, 2, None, None]),
    ("SLICE([1, 2, 3, 4, 5], 1, 2)", [2, 3]), ("SLICE([1, 2, 3, 4, 5], -2)", [4, 5]), ("SLICE([1, 2, 3, 4, 5], 0, -2)", [1, 2, 3]),
    ("REVERSE([1, 2])", [2, 1]), ("POSITION([1, 2], 2)", True), ("POSITION([1, 2], 2, true)", 1), ("CONTAINS_ARRAY([], 1)", False),
    ("UNIQUE([1, 2, 1, true])", [1, 2, True]), ("SORTED([2, 'a', null])", [None, 2, "a"]), ("SORTED_UNIQUE([2, 1, 2])", [1, 2]),
    ("COUNT_DISTINCT([1, 1, 2])", 2), ("COUNT_UNIQUE([1, 1])", 1), ("FLATTEN([1, [2, [3]]])", [1, 2, [3]]),
    ("FLATTEN([1, [2, [3]]], 2)", [1, 2, 3]), ("UNION([1], [1, 2])", [1, 1, 2]), ("UNION_DISTINCT([1], [1, 2])", [1, 2]),
    ("INTERSECTION([1, 2, 2], [2, 3])", [2]), ("MINUS([1, 2, 1], [2])", [1]), ("OUTERSECTION([1, 2], [2, 3], [3])", [1]),
    ("JACCARD([1, 2], [2, 3])", 1 / 3), ("INTERLEAVE([1, 1, 1], [2])", [1, 2, 1, 1]), ("PUSH([1], 1)", [1, 1]),
    ("PUSH([1], 1, true)", [1]), ("PUSH(null, 1)", [1]), ("UNSHIFT([1], 2)", [2, 1]), ("APPEND([1], [2, 1])", [1, 2, 1]),
    ("APPEND([1, 2, 3], [3, 4, 4], true)", [1, 2, 3, 4]), ("APPEND([1], 2)", [1, 2]), ("POP([1, 2])", [1]), ("POP(null)", None),
    ("SHIFT([1, 2])", [2]), ("REMOVE_VALUE([1, 2, 1], 1)", [2]), ("REMOVE_VALUE([1, 2, 1], 1, 1)", [2, 1]),
    ("REMOVE_VALUES([1, 2, 3], [1, 3])", [2]), ("REMOVE_NTH([1, 2], -1)", [1]), ("REPLACE_NTH([1, 2], 0, 9)", [9, 2]),
    ("REPLACE_NTH([1], 3, 9, 0)", [1, 0, 0, 9]), ("REPLACE_NTH([1], 3, 9)", None),
    # objects
    ('HAS({a: null}, "a")', True), ('HAS(1, "a")', False), ("ATTRIBUTES({b: 1, _k: 2, a: 3})", ["b", "_k", "a"]),
    ("KEYS({b: 1, _k: 2, a: 3}, true, true)", ["a", "b"]), ("VALUES({_a: 1, b: 2}, true)", [2]), ("ENTRIES({a: 1})", [["a", 1]]),
    ('VALUE({a: [{b: 1}]}, ["a", 0, "b"])', 1), ("MERGE({a: 1}, {a: 2, b: 3})", {"a": 2, "b": 3}),
    ("MERGE([{a: 1}, {b: 2}])", {"a": 1, "b": 2}), ("MERGE({a: {x: 1}}, {a: {y: 2}})", {"a": {"y": 2}}),
    ("MERGE_RECURSIVE({a: {x: 1}}, {a: {y: 2}})", {"a": {"x": 1, "y": 2}}), ('UNSET({a: 1, b: 2, c: 3}, "a", ["b"])', {"c": 3}),
    ('UNSET_RECURSIVE({a: 1, b: {a: 2, c: 3}}, "a")', {"b": {"c": 3}}), ('KEEP({a: 1, b: 2}, "a")', {"a": 1}),
    ('KEEP_RECURSIVE({a: {a: 1, b: 2}, b: 3}, "a")', {"a": {"a": 1}}), ("MATCHES({a: 1, b: 2}, {a: 1})", True),
    ("MATCHES({a: 1}, [{a: 2}, {a: 1}], true)", 1), ("MATCHES(1, {}, true)", -1), ('ZIP(["a", "b"], [1, 2])', {"a": 1, "b": 2}),
    # documents
    ('DOCUMENT("people/ann").age', 30), ('DOCUMENT(people, "ann").age', 30), ('DOCUMENT("people", "people/ann").age', 30),
    ('DOCUMENT(["people/ann", "people/x"])[*].age', [30]), ('DOCUMENT("people", ["bob"])[*].age', [20]),
    ('DOCUMENT("people/x")', None), ('DOCUMENT("nowhere/x")', None), ("COLLECTION_COUNT(people)", 4),
    ('"people" IN COLLECTIONS()[*].name', True), ("CURRENT_DATABASE()", "_system"), ("CURRENT_USER()", "root"),
    ('PARSE_IDENTIFIER("a/b")', {"collection": "a", "key": "b"}), ('PARSE_KEY("a/b")', "b"), ('PARSE_COLLECTION({_id: "a/b"})', "a"),
    ('PARSE_IDENTIFIER("ab")', None), ('IS_SAME_COLLECTION(people, "people/ann")', True), ('CALL("SUBSTRING", "abc", 1)', "bc"),
    ('APPLY("SUM", [[1, 2]])', 3), ("IS_STRING(VERSION())", True),
    # dates
    ("DATE_NOW()", 1700000000000), ("DATE_ISO8601(0)", "1970-01-01T00:00:00.000Z"), ("DATE_ISO8601(2020, 2, 3)", "2020-02-03T00:00:00.000Z"),
    ('DATE_ISO8601("2020-01-02T03:04:05.678+01:30")', "2020-01-02T01:34:05.678Z"), ('DATE_TIMESTAMP("1970-01-01T00:00:01")', 1000),
    ("DATE_TIMESTAMP(1970, 1, 2)", 86400000), ('DATE_ADD("2020-01-31", 1, "month")', "2020-03-02T00:00:00.000Z"),
    ('DATE_ADD("2020-01-01", "P1Y2M3DT4H5M6.5S")', "2021-03-04T04:05:06.500Z"), ('DATE_ADD(0, 1.5, "h")', "1970-01-01T01:30:00.000Z"),
    ('DATE_SUBTRACT("2020-01-01", 1, "day")', "2019-12-31T00:00:00.000Z"), ('DATE_SUBTRACT(0, "P1D")', "1969-12-31T00:00:00.000Z"),
    ('DATE_DIFF("2020-01-01", "2020-01-03T12:00", "d")', 2), ('DATE_DIFF("2020-01-03T12:00", "2020-01-01", "days", true)', -2.5),
    ('DATE_COMPARE("2020-01-01", "2020-05-01", "years")', True), ('DATE_COMPARE("2020-01-01", "2020-05-01", "years", "months")', False),
    ('DATE_FORMAT("2020-03-04T05:06:07.008Z", "%yyyy-%mm-%dd %hh:%ii:%ss.%fff")', "2020-03-04 05:06:07.008"),
    ('DATE_FORMAT("2020-03-04", "%d.%m.%yy %www %mmmm %q %x %%")', "4.3.20 Wed March 1 64 %"),
    ('DATE_TRUNC("2020-05-17T13:14:15.678Z", "month")', "2020-05-01T00:00:00.000Z"),
    ('DATE_TRUNC("2020-05-17T13:14:15.678Z", "hour")', "2020-05-17T13:00:00.000Z"),
    ('DATE_TRUNC("2020-05-17T13:14:15.678Z", "f")', "2020-05-17T13:14:15.678Z"),
    ('DATE_ROUND("2020-05-17T13:14:15Z", 5, "minutes")', "2020-05-17T13:10:00.000Z"),
    ('[DATE_YEAR(0), DATE_MONTH(0), DATE_DAY(0), DATE_HOUR(0), DATE_MINUTE(0), DATE_SECOND(0), DATE_MILLISECOND(5)]',
     [1970, 1, 1, 0, 0, 0, 5]),
    ('[DATE_DAYOFWEEK("2020-05-17"), DATE_DAYOFYEAR("2020-12-31"), DATE_ISOWEEK("2021-01-01"), DATE_QUARTER("2020-05-17")]',
     [0, 366, 53, 2]),
    ('[DATE_LEAPYEAR("2020-01-01"), DATE_DAYS_IN_MONTH("2020-02-01"), DATE_ISOWEEKYEAR("2021-01-01").year]', [True, 29, 2020]),
    ('DATE_HOUR("2020-07-01T12:00:00Z", "Europe/Berlin")', 14),
    ('DATE_UTCTOLOCAL("2020-03-15T00:00:00Z", "Europe/Berlin")', "2020-03-15T01:00:00.000Z"),
    ('DATE_LOCALTOUTC("2020-03-15T01:00:00Z", "Europe/Berlin")', "2020-03-15T00:00:00.000Z"),
    ('"Europe/Berlin" IN DATE_TIMEZONES()', True), ("DATE_TIMEZONE()", "UTC"), ('DATE_ADD("x", 1, "d")', None),
    ('DATE_ADD("2020-01-01", 1, "fortnight")', None), ("DATE_ISO8601(1e300)", None),
    # places
    ("DISTANCE(52.5163, 13.3777, 50.9322, 6.94)", 476918.89688380965), ("GEO_DISTANCE([0, 0], [0, 0])", 0),
    ("ROUND(GEO_DISTANCE(GEO_POINT(0, 0), [0, 1]))", 111195), ("GEO_POINT(1, 2)", {"type": "Point", "coordinates": [1, 2]}),
    ("GEO_MULTIPOINT([[0, 0], [1, 1]]).type", "MultiPoint"), ("GEO_LINESTRING([[0, 0], [1, 1]]).coordinates", [[0, 0], [1, 1]]),
    ("GEO_MULTILINESTRING([[[0, 0], [1, 1]]]).type", "MultiLineString"), ("GEO_POLYGON([[0, 0], [0, 1]])", None),
    ("GEO_POLYGON([[0, 0], [4, 0], [4, 4], [0, 0]]).coordinates[0][1]", [4, 0]),
    ("GEO_MULTIPOLYGON([[[0, 0], [4, 0], [4, 4], [0, 0]]]).type", "MultiPolygon"),
    ("GEO_CONTAINS(GEO_POLYGON([[0, 0], [4, 0], [4, 4], [0, 0]]), [3, 1])", True), ("GEO_EQUALS([1, 2], GEO_POINT(1, 2))", True),
    ("GEO_IN_RANGE([0, 0], [0, 1], 0, 200000)", True), ("IS_IN_POLYGON([[0, 0], [0, 10], [10, 10], [10, 0]], 5, 5)", True),
    ("IS_IN_POLYGON([[0, 0], [0, 10], [10, 10], [10, 0]], [15, 5])", False),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "expected"), CASES, ids=[case[0] for case in CASES])
def test_function(value, expression, expected):
    """Each gives the value that ArangoDB's manual gives."""
    found = value(expression)
    assert found == (pytest.approx(expected) if isinstance(expected, float) else expected)
    assert isinstance(found, bool) is isinstance(expected, bool)


# Their results need more than a value to look at: they are tested by themselves.
ELSEWHERE = {"SLEEP", "FAIL", "NEAR", "WITHIN", "FULLTEXT"}


def test_every_function_is_tested():
    """Each function, by whatever name, is called in a case above."""
    called = {name for expression, _ in CASES for name in re.findall(r"([A-Z_0-9]+)\(", expression)}
    called |= {"SUBSTRING"}
    assert set(REGISTRY) - called - ELSEWHERE == set()
    assert not set(REGISTRY) & UNSUPPORTED
    assert all(REGISTRY[new] is REGISTRY[old] for new, old in ALIASES.items())


def test_search_by_place(rows, database):
    """NEAR and WITHIN read the coordinates as the geo index says, nearest first."""
    places = database.create_collection("places")
    for number in range(3):
        places.insert({"_key": str(number), "loc": [float(number), 0.0]})
    definition = {"id": "1", "name": "g", "type": "geo", "fields": ["loc"], "geoJson": False}
    places.indexes.append(type("GeoIndex", (), {**definition, "definition": definition})())
    assert rows("FOR d IN NEAR(places, 2, 0, 2) RETURN d._key") == ["2", "1"]
    assert rows("FOR d IN WITHIN(places, 0, 0, 120000, 'm') RETURN [d._key, ROUND(d.m)]") == [
        ["0", 0],
        ["1", 111195],
    ]


def test_search_without_an_index(failure):
    """The old search functions need their index."""
    assert failure("RETURN NEAR(people, 0, 0)").error_num == 1570
    assert failure("RETURN FULLTEXT(people, 'city', 'x')").error_num == 1571


def test_search_by_words(rows, database):
    """Words are joined by and; | is or, - is not, prefix: begins."""
    texts = database.create_collection("texts")
    for key, text in (("a", "red fox"), ("b", "red wolf"), ("c", "blue whale")):
        texts.insert({"_key": key, "t": text})
    texts.indexes.append(type("WordIndex", (), {"type": "fulltext", "fields": ["t"]})())
    found = {
        query: rows("FOR d IN FULLTEXT(texts, 't', @q) RETURN d._key", {"q": query})
        for query in ("red", "red,-fox", "prefix:w", "fox,|blue", "red,wolf")
    }
    assert list(found.values()) == [["a", "b"], ["b"], ["b", "c"], ["a", "c"], ["b"]]


def test_dynamic_calls(failure):
    """CALL knows no function that is not there, and does not call itself."""
    assert failure("RETURN CALL('NOPE')").error_num == 1540
    assert failure("RETURN CALL('CALL', 'NOPE')").error_num == 1578
    assert failure("RETURN CALL('SUBSTRING')").error_num == 1541
