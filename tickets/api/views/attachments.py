"""The files of a ticket."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from ...access.actors import Actor
from ...forms.files import AttachmentForm
from ...models.attachments import Attachment
from ...models.ticket import Ticket
from ...services.attachments.attaching import attach_upload
from ...services.attachments.serving import find_for_agent
from ...services.replies import send_due_replies
from ...vocabulary import Scope
from ...web.files import file_response
from .. import serializers
from ..endpoints import endpoint
from ..http import UploadBody, UploadRules, answer
from ..shapes import AttachmentJson


@endpoint(
    tag="tickets",
    scope=Scope.READ,
    returns=list[AttachmentJson],
    success="The files of the description and of all comments.",
)
def list_attachments(request: HttpRequest, actor: Actor, ticket_id: int) -> HttpResponse:
    """List a ticket's files, oldest first, without those of replies that can still be undone.

    Those of a merged ticket are files of the ticket that it is part of.
    """
    ticket = Ticket.including_spam.find_current(ticket_id)
    send_due_replies(ticket)
    files = Attachment.objects.filter(ticket=ticket, pending_reply=None).select_related("file")
    public = set(files.visible_to_requester().values_list("pk", flat=True))
    return answer([_serialize(request, each, public=each.pk in public) for each in files])


@endpoint(
    tag="tickets",
    scope=Scope.WRITE,
    body=UploadRules("NewAttachment", AttachmentForm),
    returns=AttachmentJson,
    status=201,
    success="The new file.",
    headers=("Location",),
    follows_merges=True,
)
def add_attachment(
    request: HttpRequest, actor: Actor, body: UploadBody, ticket_id: int
) -> HttpResponse:
    """Attach a file to the description of a ticket, or to one of its comments.

    The requester sees the files of the description and of public replies. To a merged ticket, it
    goes to the ticket that it is part of.
    """
    ticket = Ticket.including_spam.find_current(ticket_id)
    data = body.clean()
    attachment = attach_upload(ticket, data["file"], actor, comment_id=data["comment"])
    is_public = Attachment.objects.visible_to_requester().filter(pk=attachment.pk).exists()
    payload = _serialize(request, attachment, public=is_public)
    response = answer(payload, 201)
    response["Location"] = f"/api/tickets/{attachment.ticket_id}/attachments/{attachment.pk}/"
    return response


@endpoint(
    tag="tickets",
    scope=Scope.READ,
    returns=Any,
    media="application/octet-stream",
    success="The content.",
    headers=("Content-Disposition",),
)
def get_attachment(
    request: HttpRequest, actor: Actor, ticket_id: int, uuid: UUID
) -> HttpResponseBase:
    """Get the content of a file.

    One that the virus scanner has refused is a 403.
    """
    return file_response(find_for_agent(ticket_id, uuid))


def _serialize(request: HttpRequest, attachment: Attachment, *, public: bool) -> AttachmentJson:
    url = request.build_absolute_uri(f"/api/tickets/{attachment.ticket_id}/")
    return serializers.attachment(attachment, url, public=public)
