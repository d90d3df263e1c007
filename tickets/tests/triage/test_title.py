"""Titles suggested without a model: the matter, whatever stands before it."""

import re

import pytest

from tickets.triage import engine
from tickets.triage.offline.titles.suggestion import suggest_title
from tickets.triage.results import SuggestedTitle

TRACE = """Traceback (most recent call last):
  File "/app/manage.py", line 22, in <module>
    main()
  File "/app/report.py", line 3, in export
    return row["user_id"]
           ~~~^^^^^^^^^^^
KeyError: 'user_id'
"""
CHAINED = (
    TRACE
    + """
During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/app/db.py", line 9, in connect
django.db.utils.OperationalError: connection refused
"""
)
JAVA = """Exception in thread "main" java.lang.NullPointerException: Cannot invoke "length()"
\tat com.example.Bar.main(Bar.java:5)
Caused by: java.io.IOException: closed
\t... 3 more
"""
NODE = """Uncaught TypeError: Cannot read properties of undefined (reading 'id')
    at show (app.js:1:2)
"""
OUTLOOK = """-----Original Message-----
From: Kim Maier <kim@example.org>
Sent: Monday, 3 November 2025 10:00
To: support@example.org
"""


@pytest.mark.parametrize(
    ("description", "title"),
    [
        ("My invoice is wrong. Please correct it.", "My invoice is wrong"),
        ("Help! My account is locked.", "My account is locked"),
        ("Urgent!!! Server down", "Server down"),
        ("Can you help me?", "Can you help me?"),
        ("Hello", "Hello"),
        ("iPhone app crashes", "iPhone app crashes"),
        ("新しいアプリが起動しません。助けてください。", "新しいアプリが起動しません。"),
        ("The lift, i.e. no. 3, is stuck.", "The lift, i.e. no. 3, is stuck"),
        ("@desk my bag is lost", "My bag is lost"),
        ("https://example.org/a\nThis page shows a 404", "This page shows a 404"),
    ],
)
def test_a_title_is_the_first_sentence_that_says_something(description, title):
    assert suggest_title(description) == SuggestedTitle(title, "offline")


@pytest.mark.parametrize(
    ("greeting", "sentence"),
    [
        ("Hi team,", "the export is broken"),
        ("hi team", "the export is broken"),
        ("Hey there!", "the export is broken"),
        ("Hello", "I can't log in, please help"),
        ("Good morning all,", "the export is broken"),
        ("Dear Sir or Madam,", "I was charged twice"),
        ("Dear Sir or Madam", "I was charged twice"),
        ("Dear Mr. Smith,", "my order 55 is late"),
        ("To whom it may concern:", "my parcel never arrived"),
        ("Customer support team,", "the export is broken"),
        ("Guten Tag,", "seit heute früh druckt der Drucker nicht"),
        ("Guten Tag Frau Dr. Müller,", "meine Rechnung 4711 ist falsch"),
        ("Hallo zusammen,", "bei uns geht das Internet nicht"),
        ("Sehr geehrte Damen und Herren,", "mein Konto ist gesperrt"),
        ("Sehr geehrter IT-Service-Support,", "mein Konto ist gesperrt"),
        ("Moin,", "nix geht mehr bei uns"),
        ("Bonjour,", "je n'arrive plus à me connecter"),
        ("Bonjour Madame, Monsieur,", "je n'arrive plus à me connecter"),
        ("Salut l'équipe,", "le site est en panne"),
        ("Cher service clientèle,", "le site est en panne"),
        ("Hola,", "no puedo acceder a mi cuenta"),
        ("¡Hola!", "No puedo acceder a mi cuenta"),
        ("Buenos días:", "¿Cómo puedo cambiar mi contraseña?"),
        ("Estimado equipo de soporte:", "no puedo acceder a mi cuenta"),
        ("Olá,", "fui cobrado duas vezes"),
        ("Boa tarde equipe,", "a impressora do 3.º andar não funciona"),
        ("Prezados,", "o sistema está fora do ar"),
    ],
)
@pytest.mark.parametrize("gap", [" ", "\n", "\r\n\r\n"])
def test_a_greeting_is_skipped(greeting, sentence, gap):
    title = suggest_title(f"{greeting}{gap}{sentence}").title
    assert title == sentence[0].upper() + sentence[1:]


@pytest.mark.parametrize(
    ("description", "title"),
    [
        (f"{OUTLOOK}Subject: RE: FW: Invoice 123 is wrong\n\nHello", "Invoice 123 is wrong"),
        (f"{OUTLOOK}\nHello,\nthe door is broken.", "The door is broken"),
        (f"Hi,\nplease see below.\n\n{OUTLOOK}\nThe door is broken.", "The door is broken"),
        (f"The lift is stuck.\n\n{OUTLOOK}\nThe door is broken.", "The lift is stuck"),
        (
            "-----Ursprüngliche Nachricht-----\nVon: Kim\nSent: x\nBetreff: AW: Lizenz abgelaufen",
            "Lizenz abgelaufen",
        ),
        ("Von: Kim <kim@example.org>\nGesendet: Montag\n\nDie Tür klemmt.", "Die Tür klemmt"),
        (
            "De : Paul\nEnvoyé : lundi 3 novembre 2025\nÀ : support\nObjet : TR : Facture erronée",
            "Facture erronée",
        ),
        ("De: Ana\nEnviado el: lunes\nPara: x\nAsunto: RV: Factura duplicada", "Factura duplicada"),
        (
            "- Mensagem encaminhada -\nDe: Ana\nPara: nov.\n\nOlá, fui cobrada duas vezes",
            "Fui cobrada duas vezes",
        ),
        ("Begin forwarded message:\n\nFrom: A <a@b.example>\n\nMy card was declined.",
         "My card was declined"),
        ("On Mon, 3 Nov 2025 at 10:00, Kim <k@b.example> wrote:\n> The lift is stuck",
         "The lift is stuck"),
        ("CAUTION: This email originated from outside of the organization.\n\nHi,\nit rains in.",
         "It rains in"),
    ],
)  # fmt: skip
def test_headers_of_mail_are_skipped(description, title):
    assert suggest_title(description).title == title


@pytest.mark.parametrize(
    ("description", "title"),
    [
        (TRACE, "KeyError: 'user_id'"),
        (f"Hi team,\n\n{TRACE}\nThanks", "KeyError: 'user_id'"),
        (f"I get this error:\n{TRACE}", "KeyError: 'user_id'"),
        (f"The export ends so:\n\n{TRACE}", "The export ends so: KeyError: 'user_id'"),
        (f"The export fails.\n{TRACE}", "The export fails"),
        (CHAINED, "OperationalError: connection refused"),
        (JAVA, 'NullPointerException: Cannot invoke "length()"'),
        (NODE, "TypeError: Cannot read properties of undefined (reading 'id')"),
    ],
)
def test_of_a_stack_trace_the_exception_says_the_matter(description, title):
    assert suggest_title(description).title == title


def test_a_stack_trace_without_its_exception_says_nothing():
    title = "Traceback (most recent call last):"
    assert engine.suggest_title(title, use_model=False).title == "Support request"


@pytest.mark.parametrize(
    ("line", "title"),
    [
        ("2026-11-28 10:00:00,123 ERROR [main] com.foo.Bar - Connection refused",
         "Connection refused"),
        ("[2026-11-28T10:00:00Z] ERROR: disk full on /dev/sda1", "Disk full on /dev/sda1"),
        ("Nov 28 10:00:00 web01 sshd[123]: Failed password for root", "Failed password for root"),
        ("10:00:00.123 [exec-1] WARN  c.e.Foo - Slow query took 12 s", "Slow query took 12 s"),
        ('time="2026-11-28T10:00:00Z" level=error msg="cannot pull image" id=3',
         "Cannot pull image"),
        ("ERROR: could not connect to server", "Could not connect to server"),
        ("[28/Nov/2026 10:00:00] ERROR [django.request:241] Internal Server Error: /checkout/",
         "Internal Server Error: /checkout/"),
        ("INFO:root:Started\nERROR:root:Payment failed", "Payment failed"),
        ("At 10:30 the meeting room was locked.", "At 10:30 the meeting room was locked"),
    ],
)  # fmt: skip
def test_prefixes_of_logs_are_skipped(line, title):
    assert suggest_title(line).title == title


@pytest.mark.parametrize(
    ("description", "title"),
    [
        ("I hope you are well. My name is Kim Maier. I am writing to report that the door is open.",
         "The door is open"),
        ("I have a question. Can I pay by invoice?", "Can I pay by invoice?"),
        ("Ich hoffe, es geht Ihnen gut. Ich wende mich an Sie, um einen Fehler im Login zu melden.",
         "Einen Fehler im Login"),
        ("J'espère que vous allez bien. Je vous écris pour signaler une erreur de paiement.",
         "Une erreur de paiement"),
        ("Les escribo para informar que mi pedido llegó roto.", "Mi pedido llegó roto"),
        ("Gostaria de informar que o sistema está fora do ar.", "O sistema está fora do ar"),
    ],
)  # fmt: skip
def test_courtesies_are_skipped(description, title):
    assert suggest_title(description).title == title


def test_a_long_sentence_is_cut_at_a_word():
    description = "The export of the yearly report " + "fails again and again " * 10
    title = suggest_title(description).title  # type: ignore[union-attr]
    assert len(title) <= 80
    assert re.match(re.escape(title) + r"\s", description)


def test_a_long_word_is_cut_at_80_characters():
    assert suggest_title("x" * 500) == SuggestedTitle("x" * 80, "offline")


@pytest.mark.parametrize("text", ["", "   ", "...", "!?!", "\u200b\u200e", "\U0001f600"])
def test_an_unreadable_text_has_no_title(text):
    assert suggest_title(text) is None
