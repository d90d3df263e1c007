"""Merging, linking and splitting on the pages, without scripts."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from tickets.access.actors import SYSTEM
from tickets.models.relations import TicketLink, TicketMerge
from tickets.models.ticket import Comment, Ticket
from tickets.services.merging import merge_tickets, unmerge_ticket
from tickets.services.splitting import split_comment
from tickets.tests.factories import CommentFactory, TicketFactory
from tickets.vocabulary import MERGE_UNDO_DAYS

HTMX = {"HX-Request": "true"}


@pytest.fixture
def source(db):
    return TicketFactory(
        requester_email="ada@example.org", title="Smoke", description="It smokes again."
    )


@pytest.fixture
def target(db):
    return TicketFactory(requester_email="ada@example.org", title="Fire")


@pytest.fixture
def merged(source, target):
    merge_tickets(source.pk, target.pk, SYSTEM)
    return source


def text_of(response):
    return " ".join(response.content.decode().split())


def merge_path(ticket):
    return f"/tickets/{ticket.pk}/merge/"


def test_the_ticket_page_leads_to_merging(agent, source):
    assert f'href="{merge_path(source)}"' in text_of(agent.get(source.get_absolute_url()))


def test_it_offers_the_requesters_other_tickets(agent, source, target):
    stranger = TicketFactory(requester_email="bob@example.org")
    page = text_of(agent.get(merge_path(source)))
    assert f"?into={target.pk}" in page
    assert f"?into={stranger.pk}#" not in page
    assert f"?into={source.pk}#" not in page


def test_similar_tickets_of_other_requesters_are_not_offered(agent):
    text = "The invoice printer burns brightly every morning."
    ticket = TicketFactory(description=text)
    unknown = TicketFactory(description=text)
    page = text_of(agent.get(merge_path(ticket)))
    assert f"?into={unknown.pk}" in page
    ticket.requester_email = "ada@example.org"
    ticket.save()
    Ticket.objects.filter(pk=unknown.pk).update(requester_email="bob@example.org")
    assert f"?into={unknown.pk}" not in text_of(agent.get(merge_path(ticket)))


@pytest.mark.parametrize("typed", ["{}", "#{}", " #{} "])
def test_a_number_is_previewed_before_anything_is_done(agent, source, target, typed):
    page = text_of(agent.get(merge_path(source), {"into": typed.format(target.pk)}))
    for part in (f"#{target.pk}", "Fire", "ada@example.org", "You can undo this for 30 days"):
        assert part in page
    assert f"Merge #{source.pk} into #{target.pk}" in page
    assert Ticket.objects.count() == 2


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("", "Type the number of a ticket."),
        ("x", "This is not a ticket number."),
        ("999999999", "There is no ticket #999999999."),
        ("9" * 25, "This is not a ticket number."),
    ],
)
def test_a_wrong_number_is_explained(agent, source, typed, message):
    response = agent.get(merge_path(source), {"into": typed})
    assert response.status_code == 400
    assert message in text_of(response)


def test_the_same_ticket_and_a_merged_one_are_explained(agent, merged, target):
    page = text_of(agent.get(merge_path(target), {"into": target.pk}))
    assert "This is the same ticket." in page
    other = TicketFactory(requester_email="ada@example.org")
    page = text_of(agent.get(merge_path(other), {"into": merged.pk}))
    assert f"#{merged.pk} was merged into #{target.pk}. That one is shown below." in page
    assert f"Merge #{other.pk} into #{target.pk}" in page


def test_merging_leads_to_the_target_with_undo(agent, source, target):
    response = agent.post(merge_path(source), {"into": target.pk}, follow=True)
    assert response.redirect_chain == [(target.get_absolute_url(), 302)]
    page = text_of(response)
    assert f"#{source.pk} is part of this ticket now." in page
    assert f'name="changes" value="{source.pk}:2"' in page
    assert "It smokes again." in page
    agent.post("/tickets/undo/", {"changes": f"{source.pk}:2"})
    assert Ticket.objects.filter(pk=source.pk).exists()


def test_another_requesters_ticket_can_only_be_linked(agent, source):
    other = TicketFactory(requester_email="bob@example.org")
    page = text_of(agent.get(merge_path(source), {"into": other.pk}))
    assert f"Link to #{other.pk}" in page
    assert f"Merge #{source.pk} into" not in page.replace("<h1>Merge", "").replace("<title>", "")
    response = agent.post(merge_path(source), {"into": other.pk, "same_requester": "true"})
    assert response.status_code == 409
    assert "different requesters" in text_of(response)
    agent.post(f"/tickets/{source.pk}/link-to/", {"into": other.pk})
    for one, two in ((source, other), (other, source)):
        assert f"Related to #{two.pk}" in text_of(agent.get(one.get_absolute_url()))
    agent.post(f"/tickets/{other.pk}/unlink/", {"into": source.pk})
    assert not TicketLink.objects.exists()


def test_without_an_address_the_agent_has_to_tick_a_box(agent, source):
    unknown = TicketFactory()
    page = text_of(agent.get(merge_path(source), {"into": unknown.pk}))
    assert "Both are from the same person" in page
    response = agent.post(merge_path(source), {"into": unknown.pk})
    assert response.status_code == 409
    agent.post(merge_path(source), {"into": unknown.pk, "same_requester": "true"})
    assert Ticket.with_merged.get(pk=source.pk).merged_into == unknown


def test_the_old_number_leads_to_the_target_with_a_notice(agent, merged, target):
    response = agent.get(merged.get_absolute_url(), follow=True)
    assert response.redirect_chain == [(target.get_absolute_url(), 302)]
    assert f"#{merged.pk} was merged into this ticket." in text_of(response)
    response = agent.get(merged.get_absolute_url(), headers=HTMX)
    assert response["HX-Redirect"] == target.get_absolute_url()


def test_a_change_on_an_old_page_is_not_lost_silently(agent, merged, target):
    values = {"version": 1, "status": "closed"}
    response = agent.post(merged.get_absolute_url(), values, follow=True)
    assert "Your change was not saved." in text_of(response)
    response = agent.post(merged.get_absolute_url(), values, headers=HTMX)
    assert response.status_code == 204
    assert f"was merged into #{target.pk}" in response["HX-Trigger"]
    assert Ticket.objects.get().status == "open"


def test_a_reply_on_an_old_page_goes_to_the_target(agent, merged, target):
    data = {"body": "Hello", "public": "true"}
    response = agent.post(f"{merged.get_absolute_url()}comments/", data, follow=True)
    text = text_of(response)
    assert f"#{merged.pk} was merged into this ticket while you wrote. Reply sent." in text
    comment = target.comments.get(body="Hello")
    url = f"{target.get_absolute_url()}#comment-{comment.pk}"
    assert response.redirect_chain == [(url, 302)]


def test_an_open_page_of_the_source_says_where_it_went(agent, merged, target):
    report = {"window": "0" * 16, "version": 1, "comment": 0}
    page = text_of(agent.post(f"{merged.get_absolute_url()}presence/", report))
    assert f"This ticket was merged into #{target.pk}." in page


def test_the_private_link_of_the_source_opens_the_target(visitor, merged, target):
    path = merged.private_link_path()
    page = text_of(visitor.get(path))
    assert target.description in page
    assert "It smokes again." in page
    assert "Smoke</span> (ticket" in page
    visitor.post(path, {"body": "Still smoking"})
    assert target.comments.get(body="Still smoking")
    unmerge_ticket(merged.pk, SYSTEM)
    page = text_of(visitor.get(path))
    assert "Still smoking" not in page
    assert target.description not in page


def test_the_target_shows_what_was_merged_and_undoes_it(agent, merged, target):
    page = text_of(agent.get(target.get_absolute_url()))
    assert "Undo the merge" in page
    assert f"merged this into #{target.pk}" in page
    assert f"merged #{merged.pk} into this ticket" in page
    response = agent.post(f"{merged.get_absolute_url()}unmerge/", follow=True)
    assert f"#{merged.pk} stands on its own again." in text_of(response)


def test_every_form_of_the_ticket_page_can_be_sent(agent, merged, target, source):
    TicketMerge.objects.update(merged_at=timezone.now() - timedelta(days=MERGE_UNDO_DAYS + 1))
    for ticket in (target, TicketFactory()):
        page = text_of(agent.get(ticket.get_absolute_url()))
        for form in re.findall(r"<form\b.*?</form>", page):
            assert 'type="submit"' in form, form


def test_the_list_and_the_export_leave_it_out(agent, merged, target):
    page = text_of(agent.get("/tickets/", follow=True))
    assert f'id="row-{target.pk}"' in page
    assert f'id="row-{merged.pk}"' not in page
    assert f'id="row-{target.pk}"' in text_of(agent.get(f"/tickets/?search=%23{merged.pk}"))
    export = b"".join(agent.get("/tickets/export.csv").streaming_content).decode()
    assert "Smoke" not in export
    assert "Smoke" not in text_of(agent.get("/tickets/review/"))


def test_a_message_moves_to_a_new_ticket(agent, source):
    comment = CommentFactory(ticket=source, author_role="requester", public=True, body="A refund!")
    page = text_of(agent.get(source.get_absolute_url()))
    path = f"{source.get_absolute_url()}comments/{comment.pk}/split/"
    assert f'action="{path}"' in page
    response = agent.post(path, follow=True)
    new = Ticket.objects.latest("pk")
    page = text_of(response)
    assert f"The message is #{new.pk} now." in page
    assert f'name="changes" value="{new.pk}:1"' in page
    assert f"Related to #{new.pk}" in page
    agent.post(path)
    assert Ticket.objects.count() == 2
    agent.post("/tickets/undo/", {"changes": f"{new.pk}:1"})
    assert source.comments.get() == comment


def test_the_requester_finds_the_moved_message(visitor, source):
    comment = CommentFactory(ticket=source, author_role="requester", public=True, body="A refund!")
    before = visitor.get(source.private_link_path())["ETag"]
    new = split_comment(source.pk, comment.pk, SYSTEM).ticket
    response = visitor.get(source.private_link_path())
    assert response["ETag"] != before
    assert f'href="{new.private_link_path()}"' in text_of(response)
    assert "A refund!" not in text_of(response)
    Ticket.objects.filter(pk=new.pk).update(requester_email="bob@example.org")
    assert f'href="{new.private_link_path()}"' not in text_of(
        visitor.get(source.private_link_path())
    )


def test_a_moved_note_is_not_shown_to_the_requester(visitor, source):
    note = CommentFactory(ticket=source, public=False, body="A liar.")
    new = split_comment(source.pk, note.pk, SYSTEM).ticket
    page = text_of(visitor.get(source.private_link_path()))
    assert f"#{new.pk}" not in page
    assert visitor.get(new.private_link_path()).status_code == 404


def test_the_description_of_a_merged_ticket_has_no_button(agent, merged, target):
    comment = Comment.objects.get(is_opening=True)
    assert f"comments/{comment.pk}/split/" not in text_of(agent.get(target.get_absolute_url()))


def test_bulk_changes_name_merged_tickets(agent, merged, target):
    data = {"ticket": [merged.pk, target.pk], "status": "closed"}
    response = agent.post("/tickets/bulk/", data, follow=True)
    assert f"Merged into other tickets: #{merged.pk}." in text_of(response)
