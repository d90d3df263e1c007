"""A customer's mail program: it writes messages, and answers those that it got."""

from __future__ import annotations

import html
import re
import textwrap
from email.message import EmailMessage, MIMEPart
from email.policy import SMTP
from email.utils import format_datetime, make_msgid

from django.utils import timezone

WIDTH = 60  # of a line of format=flowed


class MailProgram:
    """Writes as its owner. `received` are the messages that its owner got."""

    def __init__(self, owner, mailbox):
        self.owner, self.mailbox = owner, mailbox

    def letter(self, subject, answered=None):
        """Return a message without a body, addressed as "Reply" does it."""
        message = EmailMessage(SMTP)
        message["From"] = self.owner
        message["To"] = self.mailbox
        message["Date"] = format_datetime(timezone.now())
        message["Message-ID"] = make_msgid(domain="mail.example.org")
        message["Subject"] = subject
        if answered is not None:
            message.replace_header("To", answered["Reply-To"] or answered["From"])
            message["In-Reply-To"] = answered["Message-ID"]
            listed = f"{answered['References'] or ''} {answered['Message-ID']}"
            message["References"] = " ".join(listed.split())
        return message

    def answer(self, answered):
        subject = answered["Subject"]
        return self.letter(subject if subject.startswith("Re:") else f"Re: {subject}", answered)


def plain_of(message):
    return message.get_body(["plain"]).get_content().replace("\r\n", "\n").strip()


def html_of(message):
    body = message.get_body(["html"])
    return body.get_content() if body else f"<pre>{html.escape(plain_of(message))}</pre>"


def attribution(answered):
    return f"On Mon, 5 Jan 2026 at 10:00, {answered['From']} wrote:"


def quoted(answered):
    """Return the lines of a quote below an answer."""
    lines = plain_of(answered).splitlines()
    return "\n".join([attribution(answered), "", *(f"> {line}".rstrip() for line in lines)])


def gmail(text, answered):
    """Return the HTML of a top-posted answer as Gmail writes it."""
    return (
        f'<div dir="ltr">{text}</div><br><div class="gmail_quote gmail_quote_container">'
        f'<div dir="ltr" class="gmail_attr">{html.escape(attribution(answered))}<br></div>'
        '<blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex">'
        f"{html_of(answered)}</blockquote></div>"
    )


def outlook(text, answered):
    """Return the plain text and the HTML of a top-posted answer as Outlook writes them."""
    head = (
        f"From: {answered['From']}\nSent: Monday, January 5, 2026 10:00 AM\n"
        f"To: {answered['To']}\nSubject: {answered['Subject']}"
    )
    plain = f"{text}\n\n________________________________\n{head}\n\n{plain_of(answered)}"
    lines = html.escape(head).replace("\n", "<br>")
    source = (
        f'<html><body><div>{html.escape(text)}</div><hr><div id="divRplyFwdMsg">{lines}</div>'
        f"<div>{html_of(answered)}</div></body></html>"
    )
    return plain, source


def flowed(text):
    """Return paragraphs as lines of which all but the last end in a space (RFC 3676).

    Each line of a quoted paragraph is quoted.
    """
    paragraphs = []
    for paragraph in text.split("\n"):
        quote = re.match(r"(?:> ?)*", paragraph)[0]
        paragraphs.append(" \n".join(textwrap.wrap(paragraph, WIDTH, subsequent_indent=quote)))
    return "\n".join(paragraphs)


def inline_image(content, name, content_id):
    """Return an image that the HTML of its message shows by its id."""
    part = MIMEPart(SMTP)
    part.set_content(
        content,
        maintype="image",
        subtype="png",
        disposition="inline",
        filename=name,
        cid=f"<{content_id}>",
    )
    return part
