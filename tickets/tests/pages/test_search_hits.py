"""The rows of a search say where they have what was searched for."""

import re

import pytest

from tickets.models.ticket import Comment
from tickets.pages.search_hits import MAX_COMMENT_CHARS, MAX_COMMENTS, PIECE
from tickets.tests.factories import CommentFactory, TicketFactory
from tickets.vocabulary import AuthorRole

pytestmark = pytest.mark.django_db


@pytest.fixture
def row(agent):
    """Return the title, the excerpt ("" without one) and the meta line of a row, as HTML."""

    def read(ticket, search):
        page = agent.get("/tickets/", {"search": search}).content.decode()
        cell = re.search(rf'id="open-{ticket.pk}"[^>]*>(.*?)</th>', page, re.S)[1]
        title, below = cell.split("</a>", 1)
        title = title.split(" <span")[0]
        excerpt = re.search(r'<span class="hit" dir="auto">(.*?)</span><span class="meta">', below)
        return title, excerpt[1] if excerpt else "", below.split('class="meta">')[1]

    return read


def test_words_of_the_title_are_highlighted(row):
    ticket = TicketFactory(title="Café <b> & Rückerstattung", description="Café")
    title, excerpt, _ = row(ticket, "cafe rueckerstattung")
    assert title == "<mark>Café</mark> &lt;b&gt; &amp; <mark>Rückerstattung</mark>"
    assert excerpt == ""


def test_without_a_search_nothing_is_highlighted(agent):
    ticket = TicketFactory(title="Printer")
    for query in ("sort=newest", "search=status:open", "search=-zebra"):
        page = agent.get(f"/tickets/?{query}").content.decode()
        assert f'id="open-{ticket.pk}"' in page
        assert "<mark" not in page
        assert 'class="hit"' not in page


def test_an_excerpt_shows_what_the_title_does_not(row):
    ticket = TicketFactory(
        title="Printer", description=f"{'It smokes. ' * 20}The <i>tray</i> burns.{' Help!' * 90}"
    )
    title, excerpt, _ = row(ticket, "printer tray")
    assert title == "<mark>Printer</mark>"
    assert re.fullmatch(
        r"<i>In the description:</i> ….*The &lt;i&gt;<mark>tray</mark>&lt;/i&gt; burns\. Help!.*…",
        excerpt,
    )
    assert len(excerpt) < 300


@pytest.mark.parametrize(
    ("values", "source"),
    [
        ({"public": True}, "In a reply"),
        ({"public": False}, "In a note"),
        ({"public": True, "author_role": AuthorRole.REQUESTER}, "In a message"),
    ],
)
def test_it_says_in_what_a_word_stands(row, values, source):
    ticket = TicketFactory(title="Printer")
    CommentFactory(ticket=ticket, body="Use the turquoise cable", **values)
    CommentFactory(ticket=ticket, body="Thanks")
    _, excerpt, _ = row(ticket, "turq")
    assert excerpt == f"<i>{source}:</i> Use the <mark>turquoise</mark> cable"


def test_the_newest_message_with_the_word_is_shown(row):
    ticket = TicketFactory(title="Printer")
    for body in ("first turquoise", "second turquoise", "no colour"):
        CommentFactory(ticket=ticket, body=body)
    assert row(ticket, "turquoise")[1] == "<i>In a note:</i> second <mark>turquoise</mark>"


def test_a_hit_in_the_address_is_highlighted_there(row):
    ticket = TicketFactory(title="Printer", requester_email="lena@example.org")
    title, excerpt, meta = row(ticket, "lena printer")
    assert (title, excerpt) == ("<mark>Printer</mark>", "")
    assert meta.startswith(f"<span>#{ticket.pk} · <mark>lena</mark>@example.org</span>")


def test_a_hit_far_inside_a_long_text_is_shown(row):
    for count in (PIECE - 5, PIECE, 5 * PIECE):
        ticket = TicketFactory(title="Printer", description="x " * (count // 2) + "tray end")
        excerpt = row(ticket, f"tray #{ticket.pk}")[1] or row(ticket, "tray")[1]
        assert "<mark>tray</mark> end" in excerpt


def test_a_search_takes_one_query_more_however_long_conversations_are(
    agent, django_assert_max_num_queries
):
    for _ in range(3):
        ticket = TicketFactory(title="Printer")
        Comment.objects.bulk_create(
            Comment(ticket=ticket, body=f"turquoise {n}", author_role=AuthorRole.AGENT)
            for n in range(MAX_COMMENTS + 5)
        )
    texts = Comment.objects.newest_texts([ticket.pk], MAX_COMMENTS, MAX_COMMENT_CHARS)
    assert [text.beginning for text in texts][:2] == ["turquoise 34", "turquoise 33"]
    assert len(texts) == MAX_COMMENTS
    assert agent.get("/tickets/?search=turquoise").content.decode().count('class="hit"') == 3


def test_a_row_that_changed_meanwhile_is_highlighted_too(agent):
    ticket = TicketFactory(title="The printer burns")
    page = agent.get("/tickets/?search=burns").content.decode()
    updates = re.search(r'data-news="([^"]*)"', page)[1].replace("&amp;", "&")
    newest = re.search(r'data-newest="([^"]*)"', page)[1]
    response = agent.get(
        updates, {"search": "burns", "after": newest, "visible": f"{ticket.pk}.99.0"}
    )
    assert "The printer <mark>burns</mark>" in response.json()["rows"]
