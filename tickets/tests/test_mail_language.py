"""Email to requesters is in their ticket's language, email to agents in English."""

import re

import pytest
from django.test import Client
from django.utils import translation

from tickets.models.mail import Email
from tickets.services.mail import rendering
from tickets.tests.correspondence import create_mailbox
from tickets.tests.factories import AgentFactory, CommentFactory, TicketFactory
from tickets.vocabulary import Language, MailKind

pytestmark = pytest.mark.django_db
KINDS = [MailKind(kind) for kind in ("received", "reply", "resolved", "link", "links")] + [
    MailKind.CONFIRM,
    MailKind.MOVED,
]
TRANSLATED = [language.value for language in Language if language != Language.EN]
# What somebody wrote, numbers and links. An author without a name is "Support" in several.
SAME = re.compile(
    r"\[?#\d+.*|Re: \[#.*|http\S+|--|Broken door|We are on our way\.|Zoe|(> )?It does not close\.|"
)


def render(kind, language):
    ticket = TicketFactory(
        title="Broken door",
        description="It does not close.",
        requester_email="kim@example.org",
        language=language,
    )
    comment = CommentFactory(
        ticket=ticket, public=True, author_role="agent", body="We are on our way."
    )
    ticket.first_response_at = comment.created_at
    ticket.save()
    email = Email.objects.create(
        ticket=ticket,
        kind=kind,
        event=f"{kind} {ticket.pk}",
        comment=comment if kind == MailKind.REPLY else None,
        address="" if kind in KINDS[:4] else "kim@example.org",
    )
    return rendering.render(rendering.load(email.pk))


def lines(message):
    """Return what people read of an email: its subject, and the lines of both its parts."""
    html = message.alternatives[0][0]
    visible = re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL)
    texts = [*message.body.splitlines(), *re.split(r"<[^>]+>|\n", visible), message.subject]
    return {text.strip() for text in texts if not SAME.fullmatch(text.strip())}


@pytest.mark.parametrize("language", TRANSLATED)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("has_mailbox", [False, True])
def test_each_is_in_the_language_of_its_ticket(settings, kind, language, has_mailbox):
    if has_mailbox:
        create_mailbox()
    with translation.override("fr" if language == "de" else "de"):  # as in a request of another
        message = render(kind, language)
    html = message.alternatives[0][0]
    assert f'<html lang="{language}">' in html
    assert lines(message)
    same = lines(message) & lines(render(kind, "en"))
    assert same - {"Support", settings.DESK_NAME} == set()


def test_it_is_in_the_pages_language_if_the_desk_does_not_speak_the_tickets():
    ticket = {
        "description": "Le mie fatture non si aprono più, il file è vuoto.",
        "requester_email": "kim@example.org",
    }
    Client(headers={"Accept-Language": "de"}).post("/", ticket)
    message = rendering.render(rendering.load(Email.objects.get().pk))
    assert '<html lang="de">' in message.alternatives[0][0]


def test_what_a_requester_reads_follows_a_change_of_the_language(mail_server):
    email = Email.objects.create(
        ticket=TicketFactory(requester_email="kim@example.org"),
        kind="moved",
        event="moved 1",
        address="old@example.org",
    )
    assert rendering.render(email).subject == "Your email address has changed"
    email.ticket.language = "pt"
    message = rendering.render(email)
    assert message.subject == "Seu endereço de e-mail mudou"
    assert "Abrir sua solicitação" in message.alternatives[0][0]
    assert translation.get_language() == "en"


def test_the_date_of_a_ticket_is_written_as_its_language_does():
    [line] = [line for line in lines(render("links", "es")) if line.startswith("Solicitud #")][:1]
    assert re.fullmatch(r"Solicitud #\d+ del \d+ de [a-z]+ de \d{4}", line)


def test_invitations_of_agents_are_english():
    email = Email.objects.create(kind="invitation", recipient=AgentFactory(), event="invitation 1")
    with translation.override("de"):
        message = rendering.render(email)
    assert message.subject == "You are invited to Support desk"
    assert '<html lang="en">' in message.alternatives[0][0]
