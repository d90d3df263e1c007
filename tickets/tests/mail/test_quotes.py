"""What is folded: quotes and signatures. Nothing is ever lost."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.mail.html import HtmlText, to_text
from tickets.mail.quotes import fold
from tickets.tests.timing import takes_linear_time

NEW = "It still does not print."
QUOTE = "> Have you tried again?\n> Yours, the desk"
LINES = [
    *("Hello there", "> quoted", ">> twice", "", "  ", "-- ", "On Mon, 5 Jan 2026 at 10:00,"),
    *("Desk <desk@example.org> wrote:", "From: Desk <desk@example.org>", "Sent: Monday", "To: Kim"),
    *("Subject: Printer", "-----Original Message-----", "Sent from my iPhone", "________________"),
]


def new(text, quotes=()):
    return fold(HtmlText(text, quotes)).new


@pytest.mark.parametrize(
    "attribution",
    [
        "On Mon, 5 Jan 2026 at 10:00, Desk <desk@example.org> wrote:",
        "On Mon, 5 Jan 2026 at 10:00, The Desk of Example <\ndesk@example.org> wrote:",
        "Am 05.01.2026 um 10:00 schrieb Desk:",
        "Le lun. 5 janv. 2026 à 10:00, Desk <desk@example.org> a écrit :",
        "El lun, 5 ene 2026 a las 10:00, Desk (<desk@example.org>) escribió:",
        "Em seg., 5 de jan. de 2026 às 10:00, Desk <desk@example.org> escreveu:",
        "Op ma 5 jan. 2026 om 10:00 schreef Desk <desk@example.org>:",
        "Den mån 5 jan. 2026 kl 10:00 skrev Desk <desk@example.org>:",
        "2026年1月5日(月) 10:00 Desk <desk@example.org>:",
        "пн, 5 янв. 2026 в 10:00, Desk <desk@example.org>:",
    ],
)
def test_an_attribution_and_its_quote_are_folded(attribution):
    for quote in (QUOTE, "Have you tried again?\nYours, the desk"):
        assert new(f"{NEW}\n\n{attribution}\n{quote}") == NEW


@pytest.mark.parametrize(
    "header",
    [
        "From: Desk\nSent: Monday, 5 January 2026 10:00\nTo: Kim\nSubject: Printer",
        "*From:* Desk <desk@example.org>\n*Date:* Monday\n*To:* Kim",
        "________________________________\nVon: Desk\nGesendet: Montag\nAn: Kim\nBetreff: Drucker",
        "-----Original Message-----\nFrom: Desk\nTo: Kim\nSubject: Printer",
        "-------- Ursprüngliche Nachricht --------",
        "---------- Forwarded message ---------",
        "Begin forwarded message:",
    ],
)
def test_all_below_a_repeated_header_is_folded(header):
    assert new(f"{NEW}\n\n{header}\n\nHave you tried again?") == NEW


@pytest.mark.parametrize(
    "signature",
    [
        *("-- \nKim Möller\nExample Ltd", "--\nKim", "-Kim", "Sent from my iPhone"),
        *("Gesendet von Outlook für Android", "Envoyé de mon iPhone"),
    ],
)
def test_signatures_are_folded(signature):
    folding = fold(HtmlText(f"{NEW}\n\n{signature}"))
    assert (folding.new, folding.folded) == (NEW, signature)


@pytest.mark.parametrize(
    "text",
    [
        "On the surface, this works.\n\nOn the other hand it wrote:\nan error",
        "From: Berlin\nTo: Paris\nDate: 3 May\nis the trip that I want to cancel",
        "It says from: me to: you, and subject: nothing.",
        "Sent from our warehouse on Monday.\nIt never arrived.",
        "Key points\n----\n1. one\n\n----\n2. two",
        "-- first point\n-- second point",
        "- one\n- two\n\n- Three",
        "> Which one?\n\nThe first.\n\n> And when?\n\nNow.",
        f"> Which one?\n\nThe first.\n\n{QUOTE}",
        # Too little would remain.
        QUOTE,
        f"Thanks!\n\n{QUOTE}",
        "---------- Forwarded message ---------\nFrom: Desk\nSubject: Printer\n\nHello",
        "",
        "Ok",
    ],
)
def test_what_may_be_meant_stays(text):
    assert fold(HtmlText(text)).folded == ""


def test_an_answer_below_the_quote_is_new():
    assert new(f"On Mon, 5 Jan 2026 at 10:00, Desk wrote:\n{QUOTE}\n\n{NEW}") == NEW


def test_lines_that_a_program_wrapped_belong_to_the_quote():
    long = "> " + "word " * 14
    assert new(f"{NEW}\n\n{long}\nwrapped\n> more") == NEW


def test_a_signature_below_the_quote_is_folded_too():
    folding = fold(HtmlText(f"{NEW}\n\n{QUOTE}\n\n-- \nKim"))
    assert (folding.new, folding.folded) == (NEW, f"{QUOTE}\n-- \nKim")


@pytest.mark.parametrize(
    "quote",
    [
        '<div class="gmail_quote">On Monday Desk wrote:<blockquote>Again?</blockquote></div>',
        '<div class=gmail_quote><p class="gmail_attr">On</p><blockquote>Again?</blockquote></div>',
        '<div id="divRplyFwdMsg">From: Desk</div><div>Again?</div>',
        '<div id="x_divRplyFwdMsg">From: Desk</div><div>Again?</div>',
        '<div class="OutlookMessageHeader">From: Desk</div><p>Again?</p>',
        '<div class="yahoo_quoted" id="yahoo_quoted_1">On Monday<br>Again?</div>',
        '<div class="moz-cite-prefix">On Monday:</div><blockquote type="cite">Again?</blockquote>',
        '<div style="border:none;border-top:solid #E1E1E1 1.0pt"><b>From:</b> Desk</div>Again?',
    ],
)
def test_marks_of_mail_programs_are_read(quote):
    folding = fold(to_text(f"<p>{NEW}</p>{quote}"))
    assert folding.new == NEW
    assert "Again?" in folding.folded


def test_answers_between_marked_quotes_fold_nothing():
    source = (
        '<div class="gmail_quote"><p class="gmail_attr">Monday:</p><blockquote>1?</blockquote>'
        "<div>First answer.</div><blockquote>Two?</blockquote><div>Second answer.</div></div>"
    )
    folding = fold(to_text(source))
    assert folding.folded == ""
    assert "First answer." in folding.new


def test_an_answer_below_a_marked_quote_is_new():
    source = f'<blockquote type="cite">Again?</blockquote><p>{NEW}</p>'
    assert fold(to_text(source)).new == NEW


@given(st.lists(st.sampled_from(LINES) | st.text(max_size=20), max_size=30).map("\n".join))
def test_the_segments_are_the_text(text):
    folding = fold(HtmlText(text))
    assert "".join(segment.text for segment in folding.segments) == text


@given(st.text(alphabet="<>/abdivquote\"'= \n&;", max_size=200))
def test_html_never_raises_and_its_segments_are_its_text(source):
    read = to_text(source)
    assert "".join(segment.text for segment in fold(read).segments) == read.text


@pytest.mark.parametrize(
    "part",
    [
        *(
            ">",
            "> \n",
            "\n",
            " \n",
            "On 10:00 a@b wrote:\n",
            "From: a@b\n",
            "--\n",
            "_",
            "<a@b>:\n",
        ),
        *("x\n> ", "Sent from ", "-----Original Message-----", "\n\n> q\n\nx"),
    ],
)
def test_folding_takes_linear_time(part):
    assert takes_linear_time(lambda text: fold(HtmlText(text)), part)


@pytest.mark.parametrize(
    "part",
    [
        *(
            "<",
            "<!--",
            '<a "',
            "<a '>",
            "<div>",
            "<b id=1><p>",
            "</a>",
            "&#99999999999",
            '<a href="',
        ),
        *("<br>", "<div class=gmail_quote>", "<blockquote type=cite>x", '<a href="http://x">x'),
        *("<pre>\n", "&#x"),
    ],
)
def test_html_takes_linear_time(part):
    assert takes_linear_time(to_text, part)


def test_a_long_name_of_an_attribute_is_read_once():
    source = f"<div {'a-' * 2000}>" * 500
    start = time.process_time()
    to_text(source)
    assert time.process_time() - start < 1
