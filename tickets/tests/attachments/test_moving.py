"""Files follow their texts when tickets are merged, separated and split."""

import pytest
from django.test import Client

from tickets.access.actors import SYSTEM
from tickets.services.attachments.serving import ticket_files
from tickets.services.merging import merge_tickets, unmerge_ticket
from tickets.services.splitting import split_comment, undo_split
from tickets.tests.attachments.attaching import attach_content
from tickets.tests.factories import CommentFactory

from .test_serving import linked_ticket, private_path

pytestmark = pytest.mark.django_db


@pytest.fixture
def source():
    return linked_ticket(requester_email="kim@example.org")


@pytest.fixture
def target():
    return linked_ticket(requester_email="kim@example.org")


def names(ticket, text, **options):
    return [file.name for file in ticket_files(ticket, **options).below(text)]


def test_files_of_a_merged_ticket_are_read_on_the_target(source, target):
    comment = CommentFactory(ticket=source, public=True)
    of_description = attach_content(source, b"1", "description.txt")
    attach_content(source, b"2", "comment.txt", comment=comment)
    attach_content(target, b"3", "own.txt")
    merge_tickets(source.pk, target.pk, SYSTEM)
    opening = target.comments.get(is_opening=True)
    assert names(target, target) == ["own.txt"]
    assert names(target, opening) == ["description.txt"]
    assert names(target, comment) == ["comment.txt"]
    # The old link leads to the target's page, where the file is.
    assert Client().get(private_path(source, of_description)).status_code == 200


def test_files_come_back_when_a_merge_is_undone(source, target):
    comment = CommentFactory(ticket=source, public=True)
    attach_content(source, b"1", "description.txt")
    attach_content(source, b"2", "comment.txt", comment=comment)
    attach_content(target, b"3", "own.txt")
    merge_tickets(source.pk, target.pk, SYSTEM)
    unmerge_ticket(source.pk, SYSTEM)
    assert names(source, source) == ["description.txt"]
    assert names(source, comment) == ["comment.txt"]
    assert names(target, target) == ["own.txt"]
    assert target.attachments.count() == 1


def test_files_of_a_message_move_to_the_ticket_that_is_made_of_it(source):
    comment = CommentFactory(ticket=source, public=True)
    file = attach_content(source, b"1", "comment.txt", comment=comment)
    split = split_comment(source.pk, comment.pk, SYSTEM).ticket
    assert names(split, split) == ["comment.txt"]
    assert source.attachments.count() == 0
    assert Client().get(private_path(source, file)).status_code == 404
    assert Client().get(private_path(split, file)).status_code == 200


def test_files_come_back_when_a_split_is_undone(source):
    comment = CommentFactory(ticket=source, public=True)
    attach_content(source, b"1", "comment.txt", comment=comment)
    split = split_comment(source.pk, comment.pk, SYSTEM).ticket
    undo_split(split.pk, SYSTEM)
    assert names(source, comment) == ["comment.txt"]


def test_files_of_a_note_never_become_the_requesters(source, target):
    note = CommentFactory(ticket=source, body="Only for us.")
    file = attach_content(source, b"1", "note.txt", comment=note)
    split = split_comment(source.pk, note.pk, SYSTEM).ticket
    assert names(split, split) == ["note.txt"]
    # An agent edits the text and sends a link.
    split.title = split.description = "Another text."
    split.issue_link()
    split.save()
    assert names(split, split, for_requester=True) == []
    assert Client().get(private_path(split, file)).status_code == 404
    merge_tickets(split.pk, target.pk, SYSTEM)
    assert "note.txt" in names(target, target)
    assert Client().get(private_path(target, file)).status_code == 404
