"""Bad values: unstorable or invisible text, wrong types and lengths, read-only keys."""

import pytest

from tickets.vocabulary import (
    ENUMERATED_FIELDS,
    MAX_TEXT_CHARS,
    MAX_TITLE_CHARS,
    MAX_USERNAME_CHARS,
)

from .client import NEW, TICKETS, assert_problem, nothing_stored, one

UNSEEN = {
    "nothing": "",
    "spaces": "   ",
    "every ASCII space": " \t\r\n",
    "wide spaces": "\u00a0\u2003\u3000\u2028\u2029\u1680",
    "zero width": "\u200b\u200c\u200d\u2060\ufeff",
    "direction marks": "\u200e\u200f\u202a\u202e\u2066\u2069",
    "soft hyphens": "\u00ad\u00ad",
    "fillers": "\u115f\u3164\uffa0\u2800",
    "variation selectors": "\ufe0f\ufe0e",
    "tags": "\U000e0041\U000e007f",
}
UNSTORABLE = {
    "NUL": "a\x00b",
    "NUL alone": "\x00",
    "an escape sequence": "a\x1b[2Jb",
    "backspaces": "a\x08\x08b",
    "a vertical tab": "a\x0bb",
    "delete": "a\x7fb",
    "a high surrogate": "a\ud83cb",
    "a low surrogate": "a\udf89b",
    "surrogates in the wrong order": "a\udf89\ud83cb",
}
NULLABLE = ["requester_email", "assignee"]
KEYS = ["title", "description", *ENUMERATED_FIELDS, *NULLABLE]


def assert_refused(api, ticket, key, value, methods=("POST", "PATCH", "PUT")):
    """Send one bad value. Assert that the response names it and nothing is stored."""
    with nothing_stored():
        for method in methods:
            path = TICKETS if method == "POST" else one(ticket.pk)
            body = {key: value} if method == "PATCH" else NEW | {key: value}
            problem = assert_problem(api.send(method, path, body), 400, "validation_error", key)
    return problem["errors"][key][0]


@pytest.mark.parametrize("text", UNSEEN.values(), ids=UNSEEN.keys())
@pytest.mark.parametrize("key", ["title", "description"])
def test_a_text_that_cannot_be_seen_is_refused(agent, ticket, key, text):
    assert_refused(agent, ticket, key, text)


@pytest.mark.parametrize("text", UNSTORABLE.values(), ids=UNSTORABLE.keys())
@pytest.mark.parametrize("key", ["title", "description", *NULLABLE])
def test_a_text_that_cannot_be_stored_is_refused(agent, ticket, key, text):
    assert_refused(agent, ticket, key, text)


@pytest.mark.parametrize("value", [0, 5, 5.5, True, False, [], ["x"], {}, {"a": 1}])
@pytest.mark.parametrize("key", KEYS)
def test_only_a_string_is_a_string(agent, ticket, key, value):
    message = assert_refused(agent, ticket, key, value)
    assert message.startswith("This must be a string")


@pytest.mark.parametrize("key", [key for key in KEYS if key not in NULLABLE])
def test_null_is_refused_where_it_has_no_meaning(agent, ticket, key):
    assert_refused(agent, ticket, key, None)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("title", "x" * (MAX_TITLE_CHARS + 1)),
        ("title", "🎉" * (MAX_TITLE_CHARS + 1)),
        ("description", "x" * (MAX_TEXT_CHARS + 1)),
        ("description", "🎉" * (MAX_TEXT_CHARS + 1)),
        ("requester_email", f"{'x' * 243}@example.org"),
        ("assignee", "x" * (MAX_USERNAME_CHARS + 1)),
    ],
)
def test_one_character_too_many_is_refused(agent, ticket, key, value):
    assert_refused(agent, ticket, key, value)


@pytest.mark.parametrize("value", ["", " ", "Open", "BILLING", "none", "null", "0", "x" * 10_000])
@pytest.mark.parametrize("key", ENUMERATED_FIELDS)
def test_an_enumeration_has_its_members_only(agent, ticket, key, value):
    assert_refused(agent, ticket, key, value)


@pytest.mark.parametrize(
    "address",
    [
        *("x", "x@", "@example.org", "x@y", "x y@example.org", "x@example..org", "x@-a.org"),
        *("x@example.org,y@example.org", "<x@example.org>", "mailto:x@example.org", "\u200b"),
        *("x@example.org\r\nBcc: y@example.org", "x@example.org\n\ny", "'; DROP TABLE x; --"),
        # Mail programs would decode these to victim@b.co, and to two lines.
        *("=?utf-8?q?v=69ctim?=@b.co", "=?utf-8?b?dmljdGlt?=@b.co", "=?utf-8?q?a=0D=0AB?=@b.co"),
    ],
)
def test_an_invalid_address_is_refused(agent, ticket, address):
    assert_refused(agent, ticket, "requester_email", address)


READ_ONLY = {
    "id": 7,
    "version": 7,
    "created_at": "2020-01-01T00:00:00Z",
    "updated_at": "2020-01-01T00:00:00Z",
    "sentiment": "calm",
    "urgency_score": 1,
    "triage": {},
    "track_url": "http://testserver/t/x/",
}
UNKNOWN = [
    *("pk", "link_nonce", "link_digest", "document", "category_source", "tone_confidence"),
    *("assignee_id", "events", "kept", "Title", "title ", "", "__proto__", "csrfmiddlewaretoken"),
    *("\ud800", "\x00", "x" * 10_000, "errors"),
]


@pytest.mark.parametrize(("key", "value"), READ_ONLY.items())
def test_a_read_only_key_is_named_as_such(agent, ticket, key, value):
    assert assert_refused(agent, ticket, key, value) == "This key is read-only."


@pytest.mark.parametrize("key", UNKNOWN)
def test_an_unknown_key_is_named_as_such(agent, ticket, key):
    assert assert_refused(agent, ticket, key, "x") == "This key is unknown."


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_a_suggestion_belongs_to_a_new_ticket_only(agent, ticket, method):
    assert_refused(agent, ticket, "suggestion_id", "x")


@pytest.mark.parametrize("value", [5, None, True, [], "x" * 2001, "a\x00", "a:b:c", "\ud800"])
def test_a_bad_suggestion_is_refused(agent, ticket, value):
    assert_refused(agent, ticket, "suggestion_id", value, ["POST"])


def test_all_bad_keys_are_named_in_one_response(agent):
    body = {"titel": "x", "description": 5, "version": 1, "status": ""}
    response = agent.send("POST", TICKETS, body)
    assert_problem(response, 400, "validation_error", *body)
    body = {"title": "", "category": "x", "requester_email": "x"}
    response = agent.send("POST", TICKETS, body)
    assert_problem(response, 400, "validation_error", *body, "description")


def test_a_flood_of_unknown_keys_gets_a_short_response(agent):
    response = agent.send("POST", TICKETS, NEW | {f"key{n}": 1 for n in range(50_000)})
    assert response.status_code == 400
    assert len(response.content) < 10_000


@pytest.mark.parametrize(
    "text", ["\u200bx", "x\u202e", "👨\u200d👩\u200d👧", "e\u0301", "\ufdd0x", "x\u0085y"]
)
def test_unusual_visible_text_is_returned_unchanged(agent, text):
    assert agent.create(title=text)["title"] == text
