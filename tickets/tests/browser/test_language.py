"""A requester with a phone, in each language: from the first sentence to reopened."""

from dataclasses import dataclass

import pytest
from playwright.sync_api import expect

from tickets.access.actors import user_actor
from tickets.models.ticket import Ticket
from tickets.services import tickets
from tickets.tests.factories import AgentFactory
from tickets.tests.mailing import reply
from tickets.tests.worker import work, work_now
from tickets.vocabulary import MIN_FORM_SECONDS

from .test_requester import look

pytestmark = pytest.mark.django_db(transaction=True)
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
TOO_WIDE = "document.documentElement.scrollWidth > innerWidth"


@dataclass(frozen=True)
class Speech:
    """What a requester types, and what the desk says."""

    locale: str
    headline: str
    problem: str
    category: str
    send: str
    received: str
    here: str  # we have your message
    just_now: str
    own_reply: str
    reply_sent: str
    answered: str
    resolved: str
    still_wrong: str
    reopened: str
    mails: tuple[str, str, str]  # what tells that it arrived, a reply, and that it is resolved
    signed: str
    later: str


SPEECHES = {
    "en": Speech(
        "en-GB",
        "How can we help?",
        "I cannot sign in to my account since yesterday.",
        "Account",
        "Send",
        "Thank you. We have received your ticket.",
        "We have your message",
        "just now",
        "Your reply",
        "Reply sent.",
        "We have replied",
        "This is resolved",
        "It still does not work.",
        "Reply sent. Your ticket is open again.",
        ("We have your request", "replied to your ticket", "is resolved"),
        "Support",
        "5 min ago",
    ),
    "de": Speech(
        "de-DE",
        "Wie können wir helfen?",
        "Seit gestern komme ich nicht mehr in mein Konto.",
        "Konto",
        "Senden",
        "Vielen Dank. Ihre Anfrage ist bei uns eingegangen.",
        "Ihre Nachricht ist bei uns",
        "gerade eben",
        "Ihre Antwort",
        "Antwort gesendet.",
        "Wir haben geantwortet",
        "Das ist gelöst",
        "Es geht immer noch nicht.",
        "Antwort gesendet. Ihre Anfrage ist wieder offen.",
        ("ist bei uns", "hat auf Ihre Anfrage", "ist gelöst"),
        "Support",
        "vor 5 Min.",
    ),
    "fr": Speech(
        "fr-FR",
        "Comment pouvons-nous vous aider",
        "Je ne peux plus me connecter à mon compte depuis hier.",
        "Compte",
        "Envoyer",
        "Merci. Nous avons bien reçu votre demande.",
        "Nous avons bien reçu votre message",
        "à l\u2019instant",
        "Votre réponse",
        "Réponse envoyée.",
        "Nous avons répondu",
        "Votre demande est résolue",
        "Cela ne fonctionne toujours pas.",
        "Réponse envoyée. Votre demande est rouverte.",
        ("Nous avons bien reçu votre demande", "a répondu à votre demande", "est résolue"),
        "Support",
        "il y a 5 min",
    ),
    "es": Speech(
        "es-ES",
        "¿En qué podemos ayudarle?",
        "Desde ayer no puedo entrar en mi cuenta con mi contraseña.",
        "Cuenta",
        "Enviar",
        "Gracias. Hemos recibido su solicitud.",
        "Hemos recibido su mensaje",
        "ahora mismo",
        "Su respuesta",
        "Respuesta enviada.",
        "Hemos respondido",
        "Está resuelta",
        "Todavía no funciona.",
        "Respuesta enviada. Su solicitud vuelve a estar abierta.",
        ("Hemos recibido su solicitud", "ha respondido a su solicitud", "está resuelta"),
        "Soporte",
        "hace 5 min",
    ),
    "pt": Speech(
        "pt-BR",
        "Como podemos ajudar?",
        "Desde ontem não consigo entrar na minha conta.",
        "Conta",
        "Enviar",
        "Obrigado. Recebemos sua solicitação.",
        "Recebemos sua mensagem",
        "agora mesmo",
        "Sua resposta",
        "Resposta enviada.",
        "Nós respondemos",
        "Está resolvida",
        "Ainda não funciona.",
        "Resposta enviada. Sua solicitação foi reaberta.",
        ("Recebemos sua solicitação", "respondeu à sua solicitação", "está resolvida"),
        "Suporte",
        "há 5 min.",
    ),
}


def resolve(ticket, actor):
    tickets.update_ticket(ticket.pk, {"status": "resolved"}, actor)


@pytest.mark.parametrize("language", SPEECHES)
def test_from_the_first_sentence_to_reopened(desk, mail_server, language):
    speech = SPEECHES[language]
    page = desk.window(**PHONE, locale=speech.locale)
    page.clock.install()
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_contain_text(speech.headline)

    page.locator("#requester_email").fill("kim@example.org")
    page.locator("#description").fill(speech.problem)
    page.clock.run_for(1000)
    expect(page.locator(".suggestion")).to_have_attribute("data-state", "suggested")
    expect(page.locator("#category option:checked")).to_have_text(speech.category)
    assert not page.evaluate(TOO_WIDE)
    page.wait_for_timeout(MIN_FORM_SECONDS * 1000)  # else the confirmation is held
    page.get_by_role("button", name=speech.send, exact=True).tap()
    page.wait_for_url("**/t/**")

    expect(page.locator("html")).to_have_attribute("lang", language)
    page.clock.run_for(200)
    expect(page.get_by_text(speech.received)).to_be_visible()
    expect(page.locator("#headline")).to_have_text(speech.here)
    expect(page.locator("time").first).to_have_text(speech.just_now)
    page.clock.run_for(5 * 60_000)
    expect(page.locator("time").first).to_have_text(speech.later)
    ticket = Ticket.objects.get()
    assert ticket.language == language

    agent = user_actor(AgentFactory(username="zoe.agent"))
    reply(ticket, agent)
    look(page)
    expect(page.locator("#headline")).to_have_text(speech.answered)
    expect(page.locator(".ours strong")).to_have_text(speech.signed)
    resolve(ticket, agent)
    look(page)
    expect(page.locator("#headline")).to_have_text(speech.resolved)
    assert not page.evaluate(TOO_WIDE)

    page.get_by_label(speech.own_reply).fill(speech.still_wrong)
    page.locator("#send").tap()
    expect(page.get_by_text(speech.reopened)).to_be_visible()
    ticket.refresh_from_db()
    assert ticket.status == "open"
    resolve(ticket, agent)
    work()
    work_now()
    bodies = [message.get_body(["plain"]).get_content() for message in mail_server.messages]
    assert len(bodies) == 3
    for expected, body in zip(speech.mails, bodies, strict=True):
        assert expected in body


def test_the_language_is_chosen_without_scripts(desk):
    page = desk.window(**PHONE, locale="de-DE", java_script_enabled=False)
    page.goto("/")
    choose(page, "Français")
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    page.locator("#description").fill("ERR_CONNECTION_RESET")
    page.get_by_role("button", name="Envoyer", exact=True).tap()
    expect(page.locator("#headline")).to_have_text("Nous avons bien reçu votre message")
    choose(page, "Português")
    expect(page.locator("#headline")).to_have_text("Recebemos sua mensagem")
    assert Ticket.objects.get().language == "pt"
    page.goto("/links/")
    expect(page.locator("html")).to_have_attribute("lang", "pt")


def choose(page, name):
    menu = page.locator(".languages")
    menu.locator("summary").tap()
    menu.get_by_role("button", name=name).tap()


@pytest.mark.parametrize("language", ["de", "fr", "es", "pt"])
def test_the_whole_header_is_seen_on_a_phone(desk, language):
    page = desk.window(**PHONE, locale=SPEECHES[language].locale)
    page.goto("/")
    assert page.locator(".top").bounding_box()["height"] <= 90
    menu = page.locator(".languages")
    menu.locator("summary").tap()
    for button in menu.get_by_role("button").all():
        box = button.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 360
        assert box["height"] >= 24
