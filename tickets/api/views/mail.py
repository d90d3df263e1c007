"""Deliver mail that came for the desk."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse

from ...access.actors import Actor
from ...forms.mail import DeliveryForm
from ...services.mail.incoming.receive import find_mailbox, receive
from ...vocabulary import MAX_DELIVERED_BYTES, MAX_MAIL_BYTES, Scope
from ..endpoints import endpoint
from ..http import RawBody, answer, read_raw
from ..serializers import received_message_json
from ..shapes import ReceivedMessageJson

# One byte past the limit tells `receive` that the message was larger.
MESSAGE = RawBody("message/rfc822", MAX_DELIVERED_BYTES, kept_bytes=MAX_MAIL_BYTES + 1)


@endpoint(
    tag="mail",
    scope=Scope.MAIL,
    query=DeliveryForm,
    raw_body=MESSAGE,
    returns=ReceivedMessageJson,
    status=202,
    success="The message is stored, and will be read.",
    repeated="The message was there already.",
)
def receive_message(request: HttpRequest, actor: Actor, filters: Mapping[str, Any]) -> HttpResponse:
    """Deliver one raw message of at most 50 MiB; of one over 25 MiB only the headers are stored.

    It is stored before this answers, so a mail server may forget it then. After any other answer
    it should deliver it again: the same message is stored once per mailbox. mailbox names the
    mailbox that it came to; envelope_from is its return path, given and empty for the null one;
    envelope_to has the addresses that it was sent to.
    """
    mailbox = find_mailbox(filters["mailbox"]) if filters["mailbox"] else None
    sender = filters["envelope_from"] if "envelope_from" in request.GET else None
    receipt = receive(read_raw(request, MESSAGE), mailbox, sender, filters["envelope_to"])
    return answer(received_message_json(receipt.message), 202 if receipt.is_new else 200)
