"""Public pages in five languages: which one, and that nothing of another stands on them."""

import re
from html.parser import HTMLParser
from http.cookies import Morsel

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils.translation import override
from django.utils.translation.trans_real import translation

from tickets import requester_texts as texts
from tickets.access.actors import SYSTEM
from tickets.models.ticket import Ticket
from tickets.services.addresses import request_address
from tickets.services.mail import rendering
from tickets.services.private_links import revoke_private_link
from tickets.tests.factories import AdminFactory, AgentFactory, CommentFactory, TicketFactory
from tickets.vocabulary import Language

from .conftest import signed_in

TRANSLATED = [language.value for language in Language if language != Language.EN]
HEADLINES = {
    "en": "How can we help?",
    "de": "Wie können wir helfen?",
    "fr": "Comment pouvons-nous vous aider\u202f?",
    "es": "¿En qué podemos ayudarle?",
    "pt": "Como podemos ajudar?",
}
GERMAN = {"description": "Ich komme seit gestern nicht mehr in mein Konto.", "title": "Konto"}
ITALIAN = "Mi avete addebitato due volte lo stesso importo, vorrei il rimborso."


def browser(accepted, **options):
    return Client(headers={"Accept-Language": accepted}, **options)


def language_of(response):
    """Return the page's language, which its header must name, too."""
    [language] = re.findall(r'<html lang="(\w+)"', response.content.decode())
    assert response.headers.get("Content-Language", language) == language
    return language


# --- which language ---


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-CH, fr;q=0.5", "de"),
        ("eo, tlh;q=0.9, es-419;q=0.8, en;q=0.7", "es"),
        ("pt-BR,pt;q=0.9,en-US;q=0.8", "pt"),
        ("FR-ca", "fr"),
        ("en;q=0.1, fr;q=0.9", "fr"),
        ("de;q=0, fr;q=0.1", "fr"),
        ("ja, *;q=0.5", "en"),
        ("x" * 5000, "en"),
        ("de;q=abc;;,\u00e9", "en"),
    ],
)
def test_a_visit_is_in_the_browsers_language(db, accepted, language):
    page = browser(accepted).get("/")
    assert language_of(page) == language
    assert page["Content-Language"] == language
    assert HEADLINES[language] in page.content.decode()
    assert f"</span>{Language(language).label}</summary>" in page.content.decode()
    assert {"Accept-Language", "Cookie"} <= set(page["Vary"].split(", "))


def test_a_choice_is_remembered_and_comes_first(db):
    visitor = browser("de")
    response = visitor.post("/language/", {"language": "fr", "next": "/links/"})
    assert response.url == "/links/"
    cookie: Morsel = response.cookies["language"]
    assert (cookie.value, cookie["httponly"], cookie["samesite"]) == ("fr", True, "Lax")
    for path in ("/", "/links/", "/links/sent/", "/t/none/", "/confirm/none/", "/nothing"):
        assert language_of(visitor.get(path)) == "fr"


@pytest.mark.parametrize("language", ["", "eo", "../x", "en\0"])
def test_only_a_known_language_can_be_chosen(db, language):
    visitor = browser("de")
    response = visitor.post("/language/", {"language": language, "next": "//evil.example"})
    assert response.url == "/"
    assert "language" not in response.cookies
    visitor.cookies["language"] = "eo"
    assert language_of(visitor.get("/")) == "de"


def test_the_api_agents_pages_and_back_office_stay_english(db):
    agent, admin = AgentFactory(), AdminFactory(is_staff=True, is_superuser=True)
    ticket = TicketFactory(language="de")
    for user, paths in {
        agent: [
            "/tickets/?sort=newest",
            f"/tickets/{ticket.pk}/",
            "/tickets/999/",
            "/dashboard/",
            "/account/",
        ],
        admin: ["/admin/", f"/admin/tickets/ticket/{ticket.pk}/change/", "/admin/none/"],
    }.items():
        client = signed_in(user)
        client.cookies["language"] = "de"
        for path in paths:
            page = client.get(path, headers={"Accept-Language": "de"})
            assert re.search(r'<html lang="en', page.content.decode()), path
            assert "Content-Language" not in page
            assert 'class="languages"' not in page.content.decode()
    visitor = browser("de")
    assert language_of(visitor.get("/sign-in/")) == "en"
    assert visitor.get("/api/nothing/").json()["detail"] == "This page does not exist."
    refusal = visitor.post("/api/tickets/", {"title": ""}, content_type="application/json")
    assert refusal.json()["errors"]["description"] == ["This field is required."]
    # The next request of the same thread, after a German one.
    assert HEADLINES["de"] in visitor.get("/").content.decode()
    assert language_of(visitor.get("/sign-in/")) == "en"


# --- the language of a ticket ---


@pytest.mark.parametrize(
    ("accepted", "description", "language"),
    [
        ("en", GERMAN["description"], "de"),
        ("de", "I cannot sign in to my account since yesterday.", "en"),
        ("fr", "ERR_CONNECTION_RESET", "fr"),
        ("ja", "パスワードが使えません", "en"),
        ("it, de;q=0.9", ITALIAN, "de"),
        ("pt", "Nu mă pot conecta la contul meu de ieri.", "pt"),
        ("nl, en;q=0.5", "Ik kan sinds gisteren niet meer in mijn account.", "en"),
    ],
)
def test_a_tickets_language_is_its_texts_or_else_its_pages(db, accepted, description, language):
    visitor = browser(accepted)
    page = visitor.post("/", {"description": description}, follow=True)
    assert Ticket.objects.get().language == language
    assert language_of(page) == language
    with override(language):
        assert str(texts.TICKET_RECEIVED) in page.content.decode()


def test_a_ticket_of_the_api_has_the_language_of_its_text(db):
    ids = []
    unclear = ({"title": "x", "description": text} for text in ("ERR_CONNECTION_RESET", ITALIAN))
    for body in (GERMAN, *unclear):
        response = browser("fr").post("/api/tickets/", body, content_type="application/json")
        assert "language" not in response.json()
        ids.append(response.json()["id"])
    assert [Ticket.objects.get(pk=pk).language for pk in ids] == ["de", "en", "en"]


def test_its_page_is_in_its_language_whatever_the_browser_speaks(db):
    ticket = TicketFactory(language="es")
    page = browser("de").get(ticket.private_link_path())
    assert language_of(page) == page["Content-Language"] == "es"
    assert "no-store" in page["Cache-Control"]


def test_a_requester_changes_the_language_of_the_ticket_and_of_the_visit(db):
    ticket = TicketFactory(language="en")
    visitor = Client(enforce_csrf_checks=True, headers={"Origin": "null"})
    page = visitor.get(ticket.private_link_path())
    before, version = page["ETag"], ticket.version
    path = re.search(r'action="([^"]+/language/)"', page.content.decode())[1]
    page = visitor.post(path, {"language": "pt"}, follow=True)
    ticket.refresh_from_db()
    assert (ticket.language, ticket.version) == ("pt", version)
    assert language_of(page) == "pt"
    assert page["ETag"] != before
    assert language_of(visitor.get("/")) == "pt"
    unchanged = visitor.get(ticket.private_link_path(), headers={"If-None-Match": page["ETag"]})
    assert unchanged.status_code == 304
    assert visitor.post(path, {"language": "eo"}).status_code == 302
    ticket.refresh_from_db()
    assert ticket.language == "pt"


def test_nobody_changes_the_language_with_a_link_that_does_not_work(db):
    ticket = TicketFactory(language="en")
    path = reverse("requester-language", args=[ticket.link_secret])
    revoke_private_link(ticket, SYSTEM)
    assert Client().post(path, {"language": "de"}).status_code == 404
    ticket.refresh_from_db()
    assert ticket.language == "en"


# --- nothing of another language stands on a page ---


class VisibleTexts(HTMLParser):
    """Collects what people read or hear: texts, and the attributes that hold some."""

    ATTRIBUTES = re.compile(r"title|aria-label|content|placeholder|alt|data-(?!state|theme).*")

    def __init__(self, html):
        super().__init__()
        self.texts, self.foreign = set(), ""  # the element of another language, or of none
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        if tag in ("script", "style") or ("lang" in values and tag != "html"):
            self.foreign = tag
        elif tag == "meta" and values.get("name") != "description":
            return
        for name, value in attributes:
            if self.ATTRIBUTES.fullmatch(name) and value and not value.startswith(("/", "http")):
                self.add(value)

    def handle_endtag(self, tag):
        if tag == self.foreign:
            self.foreign = ""

    def handle_data(self, text):
        if not self.foreign:
            self.add(text)

    def add(self, text):
        text = " ".join(text.split())
        if re.search(r"[^\W\d_]{2}", text):
            self.texts.add(text)


# Names, and what somebody wrote.
OWN = {"Support desk", "JSON API", "The subject", "What I wrote", "What you wrote", "Kim"}
SAME = re.compile(r".* · Support desk|> What you wrote|\S+@example\.org|[0-9a-f]{12}")


def own_ticket(**values):
    return TicketFactory(title="The subject", description="What I wrote", **values)


def states(client, language):
    """Yield each state of the public pages: its name, its address, and how to ask for it."""
    opened = own_ticket(language=language).private_link_path()
    answered = own_ticket(language=language, status="in_progress")
    for role in ("agent", "requester"):
        body = "> What you wrote\n\nWhat I wrote"
        CommentFactory(ticket=answered, public=True, author_role=role, body=body)
    request_address(answered, "kim@example.org")
    check = rendering.check_link(answered.emails.get(), answered)
    yield "open", opened, client.get
    yield "answered", answered.private_link_path(), client.get
    for status in ("resolved", "closed"):
        ticket = own_ticket(language=language, status=status, requester_email="kim@example.org")
        yield status, ticket.private_link_path(), client.get
    yield "confirmation", check.removeprefix(settings.SITE_URL), client.get
    yield "submit", "/", client.get
    yield "links", "/links/", client.get
    yield "links sent", "/links/sent/", client.get
    yield "dead link", "/t/none/", client.get
    yield "dead confirmation", "/confirm/none/", client.get
    yield "unknown address", "/nothing", client.get
    yield "not UTF-8", "/?%ff", client.get
    yield "wrong method", "/links/sent/", client.post
    yield "empty reply", opened, lambda path: client.post(path, {"body": " "})
    yield "empty address", f"{opened}address/", client.post
    yield "empty form", "/", client.post
    wrong = {"requester_email": "@", "category": "x", "description": "\u200b", "title": "x" * 201}
    yield "wrong form", "/", lambda path: client.post(path, wrong)
    for address in ("@", "a@b=?.c", "a@\u00ad.example"):
        form = {"requester_email": address}
        yield f"wrong {address}", "/links/", lambda path, form=form: client.post(path, form)
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies
    yield "no token", "/", lambda path: strict.post(path, {"description": "What I wrote"})


def texts_of_states(language):
    client = Client()
    client.cookies["language"] = language
    by_state = {}
    for name, path, send in states(client, language):
        response = send(path)
        assert language_of(response) == language, name
        by_state[name] = VisibleTexts(response.content.decode()).texts
    return by_state


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_is_translated(db, language):
    """What is the same in both languages must be so in the catalogue, as "Conversation" is."""
    catalogue = translation(language)._catalog
    english, other = texts_of_states("en"), texts_of_states(language)
    left = {
        name: {
            text
            for text in texts & other[name]
            if text not in OWN and not SAME.fullmatch(text) and catalogue.get(text) != text
        }
        for name, texts in english.items()
    }
    assert {name: texts for name, texts in left.items() if texts} == {}


def test_limits_are_told_in_the_visitors_language(db, settings):
    settings.CREATE_LIMIT = 1
    visitor = browser("de")
    pages = [visitor.post("/", {"description": f"Nummer {number}"}) for number in range(2)]
    assert pages[1].status_code == 429
    assert "Zu viele Anfragen. Versuchen Sie es in" in pages[1].content.decode()
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    page = visitor.post("/", {"description": "x" * 2000})
    assert page.status_code == 413
    assert language_of(page) == "de"
    assert "Das ist zu groß" in page.content.decode()
