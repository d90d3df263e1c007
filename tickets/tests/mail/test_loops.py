"""Which messages count as automatic, and why; which checks of the sender count."""

import pytest

from tickets.mail import authentication
from tickets.mail.reader import read
from tickets.tests.mail.messages import message, multipart
from tickets.vocabulary import Verified


def reasons_for(*headers, **options):
    return list(read(message("Two words.", *headers), **options).loop.reasons)


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("Return-Path: <>", "null return path"),
        ("Auto-Submitted: auto-replied", "Auto-Submitted: auto-replied"),
        ("Auto-Submitted: auto-generated (failure)", "Auto-Submitted: auto-generated (failure)"),
        ("Precedence: bulk", "Precedence: bulk"),
        ("Precedence: auto-reply", "Precedence: auto-reply"),
        ("List-Unsubscribe: <mailto:x@example.org>", "List-Unsubscribe present"),
        ("X-Auto-Response-Suppress: All", "X-Auto-Response-Suppress: All"),
        ("Sender: MAILER-DAEMON@example.org", "sent by MAILER-DAEMON@example.org"),
        ("Sender: postmaster@example.org", "sent by postmaster@example.org"),
        ("Sender: no-reply@example.org", "sent by no-reply@example.org"),
        ("Sender: do_not_reply@example.org", "sent by do_not_reply@example.org"),
        ("Return-Path: <bounces+kim=example.org@example.net>", None),
    ],
)
def test_each_sign_of_a_program_is_a_reason(header, reason):
    expected = reason or "sent by bounces+kim=example.org@example.net"
    assert reasons_for(header) == [expected]


@pytest.mark.parametrize(
    "header",
    [
        *("Auto-Submitted: no", "Auto-Submitted: No (by hand)", "Precedence: first-class"),
        *("Return-Path: <kim@example.org>", "X-Loop: yes", "Subject: Out of office"),
        *("Sender: bouncer@example.org", "Sender: noreplying@example.org", "Received: List-Id: x"),
    ],
)
def test_what_people_send_has_no_reason(header):
    assert reasons_for(header) == []


def test_an_out_of_office_subject_counts_with_a_second_sign_only():
    assert reasons_for("Subject: Abwesenheitsnotiz", "X-Autoreply: yes") == [
        "out-of-office subject, and X-Autoreply present"
    ]


def test_reports_are_automatic():
    raw = multipart("\nDelivered.", kind="report; report-type=delivery-status")
    assert list(read(raw).loop.reasons) == ["a report (multipart/report)"]


def test_the_envelope_tells_about_a_null_return_path():
    assert reasons_for(envelope_from="") == ["null return path"]
    assert reasons_for(envelope_from="kim@example.org") == []


RESULTS = "Authentication-Results: mx.example.org; "


@pytest.mark.parametrize(
    ("headers", "verdict"),
    [
        (
            [f"{RESULTS}spf=pass; dkim=pass; dmarc=pass (p=none) header.from=Example.org"],
            Verified.VERIFIED,
        ),
        ([f"{RESULTS}dmarc=fail"], Verified.FAILED),
        ([f"{RESULTS}spf=pass smtp.mailfrom=x.org; dkim=pass"], Verified.NOT_VERIFIED),
        # A signature counts where it is of the domain in From, and DMARC has not failed.
        ([f"{RESULTS}dkim=pass header.d=example.org; dmarc=none"], Verified.VERIFIED),
        ([f"{RESULTS}dkim=pass header.i=@Example.org header.s=x"], Verified.VERIFIED),
        ([f"{RESULTS}dkim=pass header.d=evil.example"], Verified.NOT_VERIFIED),
        ([f"{RESULTS}dkim=fail header.d=example.org"], Verified.NOT_VERIFIED),
        ([f"{RESULTS}dkim=pass header.d=example.org; dmarc=fail"], Verified.FAILED),
        ([f'{RESULTS}dkim=pass reason=" header.d=example.org"'], Verified.NOT_VERIFIED),
        ([f"{RESULTS}dkim=pass (header.d=example.org)"], Verified.NOT_VERIFIED),
        ([f"{RESULTS}dkim=fail x=y; spf=pass header.d=example.org"], Verified.NOT_VERIFIED),
        # Nobody can say which of two senders was checked.
        (["From: boss@example.org", f"{RESULTS}dmarc=pass"], Verified.NOT_VERIFIED),
        (["From: boss@example.org", f"{RESULTS}dmarc=fail"], Verified.FAILED),
        # The server says which domain it checked.
        ([f"{RESULTS}dmarc=pass header.from=evil.example"], Verified.NOT_VERIFIED),
        (["Authentication-Results: MX.example.org 1; dmarc=pass"], Verified.VERIFIED),
        # Only the topmost counts, and only from our server.
        ([f"{RESULTS}dmarc=fail", f"{RESULTS}dmarc=pass"], Verified.FAILED),
        (["Authentication-Results: evil.example; dmarc=pass"], Verified.NOT_VERIFIED),
        (
            ["Authentication-Results: evil.example; x", f"{RESULTS}dmarc=pass"],
            Verified.NOT_VERIFIED,
        ),
        # What the sender wrote is repeated in quotes and comments.
        ([f'{RESULTS}spf=fail smtp.mailfrom="a; dmarc=pass"@x.org'], Verified.NOT_VERIFIED),
        ([f"{RESULTS}spf=fail (a (b) ; dmarc=pass) x=y"], Verified.NOT_VERIFIED),
        ([f"{RESULTS}dmarc=fail; x=y; dmarc=pass"], Verified.FAILED),
        ([], Verified.NOT_VERIFIED),
    ],
)
def test_the_verdict_about_the_sender(headers, verdict):
    parsed = read(message("Hi there", *headers), authserv_id="mx.example.org").authentication
    assert parsed.verdict == verdict


def verdict_on(sender, results):
    raw = message("Hi there", f"{RESULTS}{results}")
    raw = raw.replace(b"From: kim@example.org", f"From: {sender}".encode())
    return read(raw, authserv_id="mx.example.org").authentication.verdict


@pytest.mark.parametrize(
    "sender",
    [
        '"boss@example.org"@evil.example',
        'Boss <"boss@example.org "@evil.example>',
        "boss@example.org@evil.example",
        "<boss@example.org\\@evil.example>",
        "<boss@example.org,@evil.example:eve@evil.example>",
        "<boss@example.org(@evil.example)>",
        "<boss@example.org>@evil.example",
        "Eve eve@evil.example <boss@example.org",
        "boss@example.org eve@evil.example",
    ],
)
def test_a_sender_whom_programs_read_differently_is_not_verified(sender):
    assert verdict_on(sender, "dmarc=pass") == Verified.NOT_VERIFIED
    assert verdict_on(sender, "dmarc=fail") == Verified.FAILED


@pytest.mark.parametrize(
    "sender",
    [
        "kim@example.org (Kim)",
        '"Doe, Kim (Ltd.)" <kim@example.org>',
        '"Kim <kim@example.net>" <kim@example.org>',
        "kim@example.net <kim@example.org> (Kim)",
        "=?utf-8?q?Kim?= <\r\n kim@example.org>",
    ],
)
def test_a_sender_with_any_name_is_verified(sender):
    assert verdict_on(sender, "dmarc=pass header.from=example.org") == Verified.VERIFIED


def test_nothing_is_read_without_the_name_of_our_server():
    parsed = read(message("Hi there", f"{RESULTS}dmarc=pass")).authentication
    assert parsed == authentication.Authentication()
