"""What bounces say: recipient, code, kind, and which message came back."""

import pytest

from tickets.mail.bounces import texts
from tickets.mail.bounces.codes import from_text
from tickets.mail.reader import read
from tickets.tests.mail.messages import BOUNCE, message, multipart
from tickets.tests.timing import takes_linear_time
from tickets.vocabulary import BounceKind

SERVER = "Sender: MAILER-DAEMON@mx.example.net"
UNDELIVERED = "Subject: Undelivered mail"
RETURNED = """
--- Below this line is a copy of the message.

Return-Path: <desk@example.org>
Message-ID: <sent-1@example.org>
To: nobody@example.net
"""


def bounces(raw):
    parsed = read(raw).bounces
    return [(bounce.recipient, bounce.status, bounce.kind.value) for bounce in parsed]


def test_a_standard_report():
    (bounce,) = read(BOUNCE).bounces
    assert bounce.recipient == "nobody@example.net"
    assert (bounce.status, bounce.kind) == ("5.1.1", BounceKind.HARD)
    assert bounce.message_id == "<sent-1@example.org>"
    assert bounce.diagnostic == "550 5.1.1 <nobody@example.net>: User unknown"


def test_each_recipient_of_a_report():
    raw = BOUNCE.replace(
        b"Status: 5.1.1",
        b"Status: 5.1.1\n\nFinal-Recipient: rfc822;full@example.net\n"
        b"Original-Recipient: rfc822;kim@example.net\nAction: delayed\nStatus: 4.2.2",
    )
    assert bounces(raw) == [
        ("nobody@example.net", "5.1.1", "hard"),
        ("full@example.net", "4.2.2", "soft"),
    ]
    assert read(raw).bounces[1].original_recipient == "kim@example.net"


@pytest.mark.parametrize(
    ("status", "diagnostic", "expected"),
    [
        ("5.0.0", "smtp; 550 5.2.2 Mailbox full", "5.2.2"),
        ("5.0.0", "smtp; 550 No", "5.0.0"),
        ("4.0.0", "smtp; 550 5.1.1 unknown", "4.0.0"),
        ("", "smtp; 450 4.2.2 Mailbox full", "4.2.2"),
        ("", "smtp; 550 User unknown", "5.1.1"),
        ("5.1.1 (bad address)", "", "5.1.1"),
    ],
)
def test_a_general_code_is_made_precise(status, diagnostic, expected):
    raw = BOUNCE.replace(b"Status: 5.1.1", f"Status: {status}".encode())
    raw = raw.replace(b"smtp; 550 5.1.1 <nobody@example.net>: User unknown", diagnostic.encode())
    assert bounces(raw)[0][1] == expected


@pytest.mark.parametrize("action", ["delivered", "relayed", "expanded"])
def test_a_message_that_arrived_is_no_bounce(action):
    assert bounces(BOUNCE.replace(b"Action: failed", f"Action: {action}".encode())) == []


def test_a_receipt_of_a_reader_is_no_bounce():
    raw = multipart(
        "\nYour message was not read.", kind="report; report-type=disposition-notification"
    )
    assert bounces(raw) == []


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("<nobody@example.net>:\nSorry, no mailbox here by that name. (#5.1.1)", "5.1.1"),
        ("  nobody@example.net\n    host mx.example.net [192.0.2.5]: 550 User unknown", "5.1.1"),
        ("The recipient nobody@example.net was not found.", "5.1.1"),
        ("  nobody@example.net\n    retry timeout exceeded", "4.4.7"),
        ("<nobody@example.net>: 452 mailbox full", "4.2.2"),
        ("Delivery to nobody@example.net failed.", "5.0.0"),
        ("Delivery to nobody@example.net is delayed. We will keep trying.", "4.0.0"),
    ],
)
def test_reports_in_a_servers_own_words(text, status):
    raw = message(f"I could not deliver your message.\n\n{text}\n{RETURNED}", SERVER, UNDELIVERED)
    kind = "soft" if status.startswith("4") else "hard"
    assert bounces(raw) == [("nobody@example.net", status, kind)]
    assert read(raw).bounces[0].message_id == "<sent-1@example.org>"


def test_whom_the_returned_message_was_for_counts_last():
    raw = message(f"It was not delivered.\n{RETURNED}", SERVER, UNDELIVERED)
    assert bounces(raw) == [("nobody@example.net", "5.0.0", "hard")]


FEEDBACK = "Content-Type: message/feedback-report\n\nFeedback-Type: abuse\nVersion: 1\n"
COMPLAINED = (
    "Content-Type: message/rfc822\n\nMessage-ID: <sent-1@example.org>\nTo: a@example.net\n\nHi"
)


def test_a_complaint():
    raw = multipart(
        "\nA complaint.", FEEDBACK, COMPLAINED, kind="report; report-type=feedback-report"
    )
    (bounce,) = read(raw).bounces
    assert (bounce.recipient, bounce.kind) == ("a@example.net", BounceKind.COMPLAINT)
    assert (bounce.status, bounce.message_id) == ("", "<sent-1@example.org>")


@pytest.mark.parametrize(
    "raw",
    [
        message("My mail to kim@example.org was not delivered.", "Subject: Undelivered mail"),
        message("Fwd:\n\nFinal-Recipient: rfc822;a@example.org\nAction: failed\nStatus: 5.1.1"),
        message(
            "I cannot reach you. Ask b@example.org.", "Return-Path: <>", "Subject: Out of office"
        ),
        message("The build failed for a@example.org.", "Sender: no-reply@example.org"),
        multipart("\nLook at this.", COMPLAINED),
    ],
)
def test_what_people_and_other_programs_write_is_no_bounce(raw):
    assert bounces(raw) == []


def test_a_code_is_no_address_of_a_host():
    assert from_text("host 5.1.2.3 said 550 5.7.1 no") == "5.7.1"


@pytest.mark.parametrize(
    "part",
    [
        *("a@b.c ", "<", " ", "-", "|", "delivery ", "could not ", "550 ", "5.1.1.", "message "),
        *("this is ", "user ", "rcpt to: ", "Final-Recipient: a@b\n", "X-", "- ", "\n"),
    ],
)
def test_reports_take_linear_time(part):
    def run(text):
        report, _ = texts.split(text)
        texts.FAILURE.search(report)
        from_text(text)
        read(message(text, SERVER, UNDELIVERED))

    assert takes_linear_time(run, part)
