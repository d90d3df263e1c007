"""Attach files as mail does, for tests of what is attached."""

from contextlib import closing

from tickets.services.attachments.attaching import attach
from tickets.services.attachments.storing import receive_content, storing


def attach_content(ticket, content, name, **options):
    """Attach a file to a ticket's description, or by `options` to another text. Return it."""
    with closing(receive_content(name, content)) as file, storing([file]):
        [attachment] = attach(ticket, [file], **options)
    return attachment
