"""Bodies that are not one standard JSON object, at every address that takes one."""

import json

import pytest

from .client import CLASSIFY, NEW, SUGGEST_TITLE, TICKETS, assert_problem, nothing_stored, one

WRITES = [
    ("POST", TICKETS),
    ("PATCH", "{ticket}"),
    ("PUT", "{ticket}"),
    ("POST", "{ticket}comments/"),
    ("POST", CLASSIFY),
    ("POST", SUGGEST_TITLE),
]
TEXT = json.dumps(NEW)

BODIES = {
    "nothing": b"",
    "white space": b" \n\t ",
    "null": b"null",
    "a list": b"[" + TEXT.encode() + b"]",
    "a number": b"5",
    "a string": json.dumps(TEXT).encode(),
    "true": b"true",
    "a bare word": b"title",
    "a form": b"title=x&description=y",
    "XML": b"<title>x</title>",
    "two objects": TEXT.encode() * 2,
    "an object and more": TEXT.encode() + b" x",
    "an object and NUL": TEXT.encode() + b"\x00",
    "half an object": TEXT.encode()[:-5],
    "a trailing comma": b'{"description": "x",}',
    "no comma": b'{"title": "x" "description": "y"}',
    "single quotes": b"{'description': 'x'}",
    "a bare key": b'{description: "x"}',
    "a number as key": b'{1: "x"}',
    "a comment": b'{"description": "x" /* y */}',
    "NaN": b'{"description": NaN}',
    "Infinity": b'{"description": Infinity}',
    "-Infinity": b'{"description": -Infinity}',
    "1e999": b'{"description": 1e999}',
    "-1e999": b'{"description": -1e999}',
    "a leading zero": b'{"description": 01}',
    "a leading plus": b'{"description": +1}',
    "no digit before the point": b'{"description": .5}',
    "no digit after the point": b'{"description": 5.}',
    "hexadecimal": b'{"description": 0x10}',
    "Python's True": b'{"description": True}',
    "undefined": b'{"description": undefined}',
    "100 000 brackets": b'{"description": ' + b"[" * 100_000,
    "100 000 closed brackets": b"[" * 100_000 + b"]" * 100_000,
    "100 000 braces": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "10 000 digits": b'{"description": ' + b"9" * 10_000 + b"}",
    "a byte order mark": b"\xef\xbb\xbf" + TEXT.encode(),
    "UTF-16": TEXT.encode("utf-16"),
    "UTF-16 without a mark": TEXT.encode("utf-16-le"),
    "UTF-32": TEXT.encode("utf-32-be"),
    "Latin-1": '{"description": "Größe"}'.encode("latin-1"),
    "a broken sequence": b'{"description": "\xe2\x82"}',
    "an overlong slash": b'{"description": "\xc0\xaf"}',
    "an overlong NUL": b'{"description": "\xc0\x80"}',
    "an encoded surrogate": b'{"description": "\xed\xa0\x80"}',
    "past Unicode": b'{"description": "\xf4\x90\x80\x80"}',
    "a raw NUL": b'{"description": "x\x00"}',
    "a raw line end": b'{"description": "x\ny"}',
    "a raw escape character": b'{"description": "\x1b[2J"}',
    "an unknown escape": b'{"description": "\\x41"}',
    "half an escape": b'{"description": "\\u12"}',
}


def writes(ticket):
    return [(method, path.format(ticket=one(ticket.pk))) for method, path in WRITES]


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_a_body_that_is_not_one_json_object_is_refused(agent, ticket, body):
    with nothing_stored():
        for method, path in writes(ticket):
            assert_problem(agent.send(method, path, body), 400, "invalid_json")


def test_a_repeated_key_is_named(agent, ticket):
    body = b'{"title": "x", "description": "y", "title": "z"}'
    with nothing_stored():
        for method, path in writes(ticket):
            assert_problem(agent.send(method, path, body), 400, "invalid_json", "title")


@pytest.mark.parametrize(
    "kind",
    [
        *("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"),
        *("text/json", "application/xml", "application/json5", "application/problem+json", ""),
        *("application/json; charset=latin-1", "application/json; charset=utf-16", "json"),
        *("application/json, application/json", "*/*", "application/jsonx", "application / json"),
    ],
)
def test_another_media_type_is_refused(agent, ticket, kind):
    with nothing_stored():
        for method, path in writes(ticket):
            response = agent.send(method, path, NEW, content_type=kind)
            assert_problem(response, 415, "unsupported_media_type")


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate"])
def test_a_compressed_body_is_refused(agent, ticket, encoding):
    with nothing_stored():
        response = agent.send("POST", TICKETS, NEW, content_encoding=encoding)
    assert_problem(response, 415, "unsupported_media_type")


@pytest.mark.parametrize(
    "kind",
    [
        *("application/json; charset=utf-8", "application/json;charset=UTF-8", "Application/JSON"),
        *('application/json; charset="utf-8"', "application/json; version=1", "application/json;"),
    ],
)
def test_the_charset_utf8_is_accepted(agent, kind):
    assert agent.send("POST", TICKETS, NEW, content_type=kind).status_code == 201


def test_a_body_over_one_mebibyte_is_refused(agent, ticket):
    body = TEXT.encode().ljust(1024 * 1024 + 1)
    with nothing_stored():
        for method, path in writes(ticket):
            assert_problem(agent.send(method, path, body), 413, "payload_too_large")


def test_a_body_of_one_mebibyte_is_read(agent):
    assert agent.send("POST", TICKETS, TEXT.encode().ljust(1024 * 1024)).status_code == 201


def test_white_space_and_escapes_are_standard_json(agent):
    body = b'\r\n\t {"title" : "\\u00e4\\ud83c\\udf89\\/" ,\n"description":"\\t\\"x\\n"}\r\n'
    created = agent.send("POST", TICKETS, body).json()
    assert (created["title"], created["description"]) == ("ä🎉/", '"x')
