"""Plain text output as HTML."""

import html
import re

import pytest

from tickets.rich_text import Highlight, render, render_line
from tickets.tests.timing import takes_linear_time

QUOTE = "On Mon, 2 Mar 2026 at 10:00, Support <desk@example.org> wrote:\n> How are you?\n> Bye"


def links(text):
    return [html.unescape(link) for link in re.findall(r'<a href="(.*?)"', render(text))]


def visible(text):
    return html.unescape(re.sub(r"<[^>]*>", "", render(text)))


def folded(text):
    return re.findall(r"<details.*?</summary>(.*?)</details>", render(text), re.DOTALL)


def code(text):
    return [html.unescape(piece) for piece in re.findall(r"<code>(.*?)</code>", render(text), re.S)]


# --- links ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("see http://example.org", ["http://example.org"]),
        ("HTTPS://Example.org/A?b=c&d=e#f", ["HTTPS://Example.org/A?b=c&d=e#f"]),
        ("mailto:kim@example.org?subject=Hi", ["mailto:kim@example.org?subject=Hi"]),
        ("https://example.org/a, https://example.org/b.", ["https://example.org/a", "https://example.org/b"]),
        ("Really? https://example.org/a?!...", ["https://example.org/a"]),
        ("(https://example.org/a)", ["https://example.org/a"]),
        ("(see https://example.org/a).", ["https://example.org/a"]),
        ("https://example.org/a_(b)", ["https://example.org/a_(b)"]),
        ("(https://example.org/a_(b))", ["https://example.org/a_(b)"]),
        ("<https://example.org/a>", ["https://example.org/a"]),
        ('"https://example.org/a"', ["https://example.org/a"]),
        ("“https://example.org/a”", ["https://example.org/a"]),
        ("**https://example.org/a**", ["https://example.org/a"]),
        ("[https://a.example](https://b.example)", ["https://a.example", "https://b.example"]),
        ("<https://a.example|the page>", ["https://a.example"]),
        ("https://bücher.example/straße", ["https://bücher.example/straße"]),
        ("请看https://example.org/。谢谢", ["https://example.org/"]),
        ("https://[2001:db8::1]:8080/a", ["https://[2001:db8::1]:8080/a"]),
        ("https://medium.example/@kim", ["https://medium.example/@kim"]),
        ("https://example.org/\u202egpj.exe", ["https://example.org/"]),
    ],
)  # fmt: skip
def test_an_address_becomes_a_link_without_what_stands_around_it(text, expected):
    assert links(text) == expected
    assert visible(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "javascript:alert(1)",
        "data:text/html,<script>",
        "ftp://example.org",
        "file:///etc/passwd",
        "http://",
        "https://...",
        "https://[::1",
        "http://example.org:99999",
        "https://bank.example@evil.example",
        "mailto:kim",
        "mailto:@example.org",
        "xhttp://example.org",
        "`https://example.org`",
        "```\nhttps://example.org\n```",
    ],
)
def test_nothing_else_becomes_a_link(text):
    assert links(text) == []


def test_a_link_says_that_it_is_not_ours():
    assert render("https://example.org") == (
        '<p dir="auto"><a href="https://example.org" rel="nofollow noopener" target="_blank">'
        "https://example.org</a></p>"
    )


@pytest.mark.parametrize(
    "text",
    [
        '<img src=x onerror="alert(1)">',
        "https://example.org/\"onmouseover='alert(1)'",
        "https://example.org/<script>",
        "`<b>`",
        "```<b>\n<i>\n```",
        "> <b>",
        '```"onload=\n<b>\n```',
    ],
)
def test_markup_stays_text(text):
    output = render(text)
    assert set(re.findall(r"<(\w+)", output)) <= {"p", "a", "pre", "code", "blockquote"}
    assert not re.search(r"<[^>]* on\w+=", output)


# --- code -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("use `make run` now", ["make run"]),
        ("``a`b`` and `c`", ["a`b", "c"]),
        ("it`s open\nand `closed`", ["closed"]),
        ("```\na\n\n  b\n```\nafter", ["a\n\n  b"]),
        ("```python\nprint()\n```", ["print()"]),
        ("```Traceback (most recent):\n  x```", ["Traceback (most recent):\n  x"]),
        ("````\n```\n````", ["```"]),
        ("```\nnever closed", ["never closed"]),
        ("log:\n\n    a\n      b\n\n    c\n\nafter", ["a\n  b\n\nc"]),
        ("log:\n\n\ta", ["a"]),
        ("a sentence\n    that goes on", []),
    ],
)  # fmt: skip
def test_code_is_shown_as_it_is(text, expected):
    assert code(text) == expected


@pytest.mark.parametrize("text", ["```", "```\n```", "before\n```sql", "``", "`"])
def test_backticks_around_nothing_stay(text):
    assert (code(text), visible(text)) == ([], text)


def test_the_language_of_code_is_named():
    assert 'data-language="sql"' in render("```sql\nSELECT 1\n```")


# --- quotes -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        f"Fine, thanks.\n\n{QUOTE}",
        f"{QUOTE}\n\nFine, thanks.",
        f"Fine, thanks.\n\n{QUOTE}\n\n-- \nKim",
        "Fine\n> How\n\n> are you?\n>> older",
        "Fine\nOn Monday, Support <desk@example.org>\nwrote:\n\n> How are you?",
        "Gut\n\nAm 2. März 2026 um 10:00 schrieb Support <desk@example.org>:\n> Wie geht es?",
        "Bien\n\nLe 2 mars 2026 à 10:00, Support a écrit\u00a0:\n> Ça va ?",
        "Bien\n\nEl 2 mar 2026 a las 10:00, Support escribió:\n> ¿Qué tal?",
        "Bem\n\nEm 2 de mar. de 2026 às 10:00, Support escreveu:\n> Tudo bem?",
        "Fine\n\nOn 2 Mar 2026, Support <desk@example.org> wrote:\nHow are you?\nBye",
    ],
)
def test_a_quote_is_folded_and_complete(text):
    (quote,) = folded(text)
    assert not re.search("Fine|Gut|Bien|Bem|Kim", quote)
    output = html.unescape(re.sub(r"<[^>]*>", " ", render(text)))
    assert [*output.replace("Quoted text", "").split()] == text.split()


@pytest.mark.parametrize(
    "text",
    [
        QUOTE,
        "> nothing else",
        "> How are you?\nFine\n> And the family?\nFine too",
        f"{QUOTE}\nBye to you\n> And now?",
        "> Which one?\n```\nthis\n```\n> And?",
        "On Monday the app wrote:\nError 500",
        "5 > 3",
    ],
)
def test_nothing_is_folded_if_it_is_all_there_is_or_answers_stand_in_it(text):
    assert folded(text) == []


# --- highlights ------------------------------------------------------------------------


def test_marks_cross_links_and_code():
    text = "a refund of https://example.org/refund and `refund` > refund"
    highlights = [
        Highlight(match.start(), match.end(), "why") for match in re.finditer("refund", text)
    ]
    assert render(text, highlights).count('<mark title="why">refund</mark>') == 4
    assert '<code><mark title="why">' in render(text, highlights)


def test_a_mark_over_a_border_is_shown_on_both_sides():
    assert render("a `b` c", [Highlight(0, 7, "x<y")]) == (
        '<p dir="auto"><mark title="x&lt;y">a </mark><code><mark title="x&lt;y">b</mark></code>'
        '<mark title="x&lt;y"> c</mark></p>'
    )


def test_a_line_has_marks_only():
    output = render_line("`a` https://example.org <b>", [Highlight(1, 2, "why")])
    assert output == '`<mark title="why">a</mark>` https://example.org &lt;b&gt;'


# --- hostile text -----------------------------------------------------------------


@pytest.mark.parametrize(
    "part",
    [
        *("a", " ", "\n", "\n\n    a", ">", ">\n", ">\n\n", "`", "` ", "`a``b", "```\n"),
        *("```\na\n```\n", "http://", "http://a)", "http://a(", "https://a.b/((((", "mailto:"),
        *("mailto:a@", "http://a?.....", "On ", "On a wrote:\n\n\n", "On a\nOn b\n wrote\n"),
        *("Am schrieb schrieb:\n", "On wrote wrote : \n", "<&>\"'", "[](", "*_~", "\u200b"),
        *("x" * 399 + "\n", "On " + "x:" * 150 + "\n"),
    ],
)
def test_it_takes_linear_time(part):
    assert takes_linear_time(render, part)
