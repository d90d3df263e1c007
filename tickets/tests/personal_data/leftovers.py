"""A desk whose every field has a marker, and a search for what is left of it."""

import base64
import re
import zlib

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from tickets.access.actors import user_actor
from tickets.models.incoming import InboundMessage, Mailbox
from tickets.models.mail import Email
from tickets.models.ticket import Ticket
from tickets.models.workplace import SavedView
from tickets.services.addresses import request_address
from tickets.services.mail.incoming import held
from tickets.services.merging import merge_tickets, unmerge_ticket
from tickets.services.spam import mark_spam
from tickets.services.splitting import split_comment
from tickets.services.tickets import update_ticket
from tickets.tests.api.client import Api, upload
from tickets.tests.attachments import samples
from tickets.tests.factories import AdminFactory, PredictionFactory, TokenFactory
from tickets.tests.incoming.messages import DESK, answer_to, deliver, letter
from tickets.tests.incoming.test_loops import bounce
from tickets.tests.worker import work_now
from tickets.vocabulary import Scope

MARK = "zqxw"  # no word has it
ADDRESS = f"{MARK}kim@{MARK}.example"
OTHER = f"{MARK}lee@{MARK}.example"
TEXT = f"The invoice of {MARK}secret was charged twice, and {MARK}again it is urgent."
# Where the search would find what was there before.
COLUMNS = """
SELECT columns.table_name, column_name, data_type
FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND (
    data_type IN ('text', 'character varying', 'json', 'jsonb', 'bytea', 'ARRAY', 'tsvector')
)
"""


class MarkedDesk:
    """What people sent through every way in, and what agents did with it."""

    def __init__(self):
        self.user = AdminFactory(is_staff=True)
        self.admin = Client()
        self.admin.force_login(self.user)
        self.actor = user_actor(self.user)
        self.visitor = Client()
        token = TokenFactory(scopes=[Scope.READ, Scope.WRITE, Scope.ADMIN])
        self.api = Api(token.secret)
        self.mailbox = Mailbox.objects.create(name="Support", address=DESK)

    def fill(self):
        form = self.by_form()
        program = self.by_api()
        mailed = self.by_mail()
        for ticket in (form, program, mailed):
            self.work_on(ticket)
        self.merge_and_split(form)
        self.block(program)
        self.around(form)
        work_now()
        return self

    def by_form(self):
        self.api.send("POST", "/api/tickets/classify/", {"description": TEXT, "title": MARK})
        values = {"title": f"{MARK} title", "description": TEXT, "requester_email": ADDRESS}
        self.visitor.post("/", {**values, "form_key": "one", "files": self.files("form")})
        ticket = Ticket.including_spam.get()
        reply = {"body": f"{MARK} reply", "files": self.files("reply")}
        self.visitor.post(ticket.private_link_path(), reply)
        request_address(ticket, f"{MARK}new@{MARK}.example")
        return ticket

    def by_api(self):
        values = {"title": f"{MARK} by api", "description": TEXT, "requester_email": ADDRESS}
        sent = self.api.send("POST", "/api/tickets/", values, idempotency_key=f"{MARK}key")
        ticket = Ticket.including_spam.get(pk=sent.json()["id"])
        path = f"/api/tickets/{ticket.pk}/"
        self.api.send("PATCH", path, {"description": f"{TEXT} {MARK}later"})
        self.api.send("PATCH", path, {"requester_email": f"{MARK}former@{MARK}.example"})
        self.api.send("PATCH", path, {"requester_email": ADDRESS})
        self.api.send("POST", f"{path}comments/", {"body": f"{MARK} note", "public": False})
        self.api.send("POST", f"{path}attachments/", upload(MARK.encode(), f"{MARK}.log"))
        return ticket

    def by_mail(self):
        sender = f"{MARK} Kim <{ADDRESS}>"
        raw = letter(TEXT, sender=sender, subject=f"{MARK} subject", cc=OTHER)
        ticket = deliver(with_file(raw), self.mailbox, ADDRESS, [DESK]).ticket
        to = answer_to(ticket)
        deliver(letter(f"{MARK} answer", sender=sender, to=to), self.mailbox, ADDRESS, [DESK])
        deliver(letter(f"{MARK} lee", sender=OTHER, to=to), self.mailbox, OTHER, [DESK])
        stranger = f"Eve <{MARK}eve@{MARK}.example>"
        deliver(letter(f"{MARK} held", sender=stranger, to=to), self.mailbox)
        away = {"auto_submitted": "auto-replied", "subject": f"{MARK} away"}
        deliver(letter(f"{MARK} away", sender=sender, to=to, **away), self.mailbox)
        accepted = deliver(letter(f"{MARK} let in", sender=stranger, to=to), self.mailbox)
        held.accept(accepted.pk, self.actor)
        return ticket

    def work_on(self, ticket):
        """Reply and write a note, with files; edit in the back office; close."""
        comments = f"/tickets/{ticket.pk}/comments/"
        for key, public in (("a", "true"), ("b", "false")):
            values = {"body": f"{MARK} {key}", "public": public, "form_key": f"{MARK}{key}"}
            self.admin.post(comments, {**values, "files": self.files(f"agent-{key}")})
        page = f"/admin/tickets/ticket/{ticket.pk}/change/"
        ticket.refresh_from_db()
        values = {
            "title": f"{ticket.title} {MARK}edited",
            "description": ticket.description,
            "requester_email": ticket.requester_email,
            "status": "in_progress",
            "category": "billing",
            "priority": "high",
            "version_seen": ticket.version,
            "comments-TOTAL_FORMS": 1,
            "comments-INITIAL_FORMS": 0,
            "comments-0-body": f"{MARK} from the back office",
            "comments-0-ticket": ticket.pk,
        }
        assert self.admin.post(page, values).status_code == 302
        work_now()
        email = Email.objects.filter(ticket=ticket).exclude(message_id="").last()
        if email is not None:
            deliver(bounce(email.message_id, recipient=ADDRESS), self.mailbox, "")
        update_ticket(ticket.pk, {"status": "closed"}, self.actor)

    def merge_and_split(self, ticket):
        """Let texts of it be on other tickets for a while, or for good."""
        values = {"title": f"{MARK} twin", "description": TEXT, "requester_email": ADDRESS}
        for path in ("merged", "split"):
            other = self.api.send("POST", "/api/tickets/", values).json()["id"]
            if path == "merged":
                merge_tickets(ticket.pk, other, self.actor)
                unmerge_ticket(ticket.pk, self.actor)
            else:
                merge_tickets(other, ticket.pk, self.actor)
        comment = ticket.comments.filter(is_opening=False, public=True).first()
        split_comment(ticket.pk, comment.pk, self.actor)

    def block(self, ticket):
        mark_spam(ticket.pk, self.actor, blocks_sender=True)
        row = InboundMessage.objects.filter(state="held").first()
        data = {"action": "discard", "_selected_action": [row.pk]}
        self.admin.post("/admin/tickets/inboundmessage/", data)

    def around(self, ticket):
        """What names a person without being part of a ticket."""
        quote = [{"field": "title", "text": MARK, "start": 0, "end": 4}]
        for about in (ticket, None):
            PredictionFactory(ticket=about, evidence=quote)
        self.visitor.post("/sign-in/", {"username": ADDRESS, "password": MARK})
        self.visitor.post("/links/", {"requester_email": ADDRESS})
        self.admin.get("/tickets/", {"search": f"from:{ADDRESS} {MARK}"})
        SavedView.objects.create(name="Kim", query=f"search=from%3A{ADDRESS}", shared=True)
        self.admin.get(f"/tickets/{ticket.pk}/")

    def files(self, name):
        content = f"{MARK} {name}".encode()
        picture = samples.png(width=40 + len(name))
        return [
            SimpleUploadedFile(f"{MARK}-{name}.txt", content),
            SimpleUploadedFile(f"{MARK}-{name}.png", picture),
        ]

    def delete_all(self):
        """Delete the tickets: one by the API, the others in the back office."""
        first, *remaining = Ticket.including_spam.order_by("pk").values_list("pk", flat=True)
        assert self.api.send("DELETE", f"/api/tickets/{first}/").status_code == 204
        for number in remaining:
            if Ticket.including_spam.filter(pk=number).exists():
                self.admin.post(f"/admin/tickets/ticket/{number}/delete/", {"post": "yes"})
        assert not Ticket.with_merged.exists()
        # Pages show what waits for them.
        self.admin.get("/tickets/")
        work_now()


def with_file(raw):
    """Return a plain message with a file."""
    head, _, body = raw.partition(b"\r\n\r\n")
    head = head.replace(b"Content-Type: text/plain; charset=utf-8", b"").rstrip()
    return (
        head
        + b"\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\n"
        + body
        + f"\r\n--x\r\nContent-Disposition: attachment; filename={MARK}.txt\r\n\r\n".encode()
        + f"{MARK} mailed\r\n--x--\r\n".encode()
    )


def columns_with(text):
    """Return the columns of all tables that have a text, in whatever case: {"table.column"}."""
    columns = set()
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS)
        for table, column, kind in cursor.fetchall():
            cursor.execute(f'SELECT "{column}" FROM "{table}"')
            if any(text in readable(value, kind) for (value,) in cursor.fetchall()):
                columns.add(f"{table}.{column}")
    return columns


def readable(value, kind):
    """Return a stored value as text; what Django has encoded or compressed in it is added."""
    if value is None:
        return ""
    text = bytes(value).decode("latin-1") if kind == "bytea" else str(value)
    return (text + "".join(decoded(text))).lower()


def decoded(text):
    for part in re.findall(r"[\w+/=-]{16,}", text):
        for altchars in (b"+/", b"-_"):
            try:
                content = base64.b64decode(part + "=" * (-len(part) % 4), altchars)
            except ValueError:
                continue
            yield content.decode("latin-1")
            try:
                yield zlib.decompress(content).decode("latin-1")
            except zlib.error:
                continue


def files_with(directory, text):
    """Return the files below a directory that have a text in their names or contents."""
    paths = [path for path in directory.rglob("*") if path.is_file()]
    return [
        path
        for path in paths
        if text in str(path.relative_to(directory)).lower()
        or text.encode() in path.read_bytes().lower()
    ]
