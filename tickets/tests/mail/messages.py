"""Messages that several tests read. All of them are ours."""

REPLY = """\
From: =?utf-8?q?Kim_M=C3=B6ller?= <kim@example.org>
To: desk@example.org
Subject: Re: Printer
Message-ID: <reply-1@example.org>
In-Reply-To: <sent-1@example.org>
References: <first@example.org> <sent-1@example.org>
Date: Mon, 5 Jan 2026 12:00:00 +0100
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="b"

--b
Content-Type: text/plain; charset=utf-8

It still does not print.

On Mon, 5 Jan 2026 at 10:00, Desk <desk@example.org> wrote:
> Have you tried again?

--
Kim Möller
--b
Content-Type: image/png; name="screen.png"
Content-Transfer-Encoding: base64
Content-ID: <image1>

iVBORw==
--b--
""".encode()

BOUNCE = b"""\
Return-Path: <>
From: Mail Delivery System <MAILER-DAEMON@mx.example.net>
To: desk@example.org
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="r"

--r
Content-Type: text/plain

Your message could not be delivered.
--r
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; nobody@example.net
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 <nobody@example.net>: User unknown

--r
Content-Type: text/rfc822-headers

Message-ID: <sent-1@example.org>
To: nobody@example.net
Subject: Your request

--r--
"""


def message(body: str, *headers: str, charset: str = "utf-8") -> bytes:
    """Return a plain message."""
    lines = ["From: kim@example.org", f"Content-Type: text/plain; charset={charset}", *headers]
    return "\n".join(lines).encode() + b"\n\n" + body.encode("utf-8", "surrogateescape")


def multipart(*parts: str | bytes, kind: str = "mixed") -> bytes:
    """Return a message of parts, each with its headers."""
    sections = [part.encode() if isinstance(part, str) else part for part in parts]
    head = f'From: kim@example.org\nContent-Type: multipart/{kind}; boundary="b"\n\n'.encode()
    return head + b"".join(b"--b\n" + section + b"\n" for section in sections) + b"--b--\n"
