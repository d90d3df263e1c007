"""Upgrade a desk in the middle of its work: what was begun can be finished, or undone.

The tests of one dump share its desk. Those that change more come later.
"""

from __future__ import annotations

import re

import pytest

from .releases import holding


def numbers(tickets):
    return {ticket["id"] for ticket in tickets}


def text_of(message):
    return message.get_body(("plain",)).get_content()


@pytest.fixture(scope="module")
def mailed(upgrade):
    """Run the queued jobs. Return the texts of the emails to an address."""
    messages = upgrade.desk.run_jobs()
    return lambda address: [text_of(each) for each in messages if each["To"] == address]


@pytest.fixture
def maria(desk, old):
    return desk.visitor(session=old["sessions"]["maria"])


# --- agents -----------------------------------------------------------------------------


@holding("unread")
def test_what_an_agent_has_read_stays_read(desk, old):
    visitor = desk.visitor(token=old["tokens"]["of_maria"])
    unread = visitor.get("/api/tickets/?unread=true&limit=500").json()
    assert numbers(unread) == set(old["unread"])


@holding("profile")
def test_agents_keep_their_name_and_signature(desk, agent, old):
    profile = old["profile"]
    for page in (agent.get("/account/"), desk.visitor().get(profile["path"])):
        assert profile["name"] in page.text
        assert profile["signature"] in page.text


@holding("saved_replies")
def test_saved_replies_can_be_inserted(agent, maria, old):
    replies = old["saved_replies"]
    path = f"/tickets/{replies['ticket']}/replies/"
    for visitor in (agent, maria):
        offered = visitor.get(path).text
        assert all(name in offered for name in replies["shared"])
        assert (replies["private"] in offered) == (visitor is maria)
    assert agent.post(f"{path}{replies['insert']}/").json() == {"text": replies["text"]}


# --- tickets ----------------------------------------------------------------------------


@holding("languages")
def test_pages_of_requesters_keep_their_language(desk, old):
    for language, ticket in old["languages"].items():
        page = desk.visitor().get(ticket["path"])
        assert (page.status, page.headers["Content-Language"]) == (200, language)


@holding("moved")
def test_a_confirmed_address_stays(api, old):
    moved = old["moved"]
    assert api.get(f"/api/tickets/{moved['ticket']}/").json()["requester_email"] == moved["address"]


@holding("linked")
def test_linked_tickets_lead_to_each_other(agent, old):
    one, other = old["linked"]
    assert f'href="/tickets/{other}/' in agent.get(f"/tickets/{one}/").text
    assert f'href="/tickets/{one}/' in agent.get(f"/tickets/{other}/").text


@holding("merge")
def test_a_merged_ticket_is_read_on_the_other_one(desk, api, old):
    merge = old["merge"]
    source, target = (f"/api/tickets/{merge[name]}/" for name in ("source", "target"))
    assert api.get(source).json()["merged_into"] == merge["target"]
    assert numbers(api.get(f"/api/tickets/?search={merge['word']}").json()) == {merge["target"]}
    assert numbers(api.get(f"{target}comments/").json()) >= set(merge["source_comments"])
    # A stranger made it, so its link opens nothing that is not its own.
    page = desk.visitor().get(merge["path"])
    assert "This ticket is part of another one" in page.text
    assert merge["target_title"] not in page.text


@holding("merge")
def test_an_old_merge_can_be_undone(desk, api, old):
    merge = old["merge"]
    source, target = (f"/api/tickets/{merge[name]}/" for name in ("source", "target"))
    assert api.json("POST", f"{source}unmerge/").status == 200
    assert numbers(api.get(f"{source}comments/").json()) == set(merge["source_comments"])
    assert api.get(f"{target}comments/").json() == []
    ticket = api.get(target).json()
    assert (ticket["status"], ticket["requester_email"]) == (merge["target_status"], None)
    assert merge["target_title"] not in desk.visitor().get(merge["path"]).text


@holding("split")
def test_an_old_split_can_be_undone(agent, api, old):
    split = old["split"]
    path = f"/api/tickets/{split['source']}/comments/"
    assert split["comment"] not in numbers(api.get(path).json())
    assert agent.post("/tickets/undo/", changes=f"{split['ticket']}:1").status == 302
    assert split["comment"] in numbers(api.get(path).json())


@holding("spam")
def test_a_blocked_address_stays_blocked_until_undo(agent, api, old):
    def is_spam(address):
        body = {"title": "Hello", "description": "Hello again.", "requester_email": address}
        return api.json("POST", "/api/tickets/", body).json()["spam"]

    spam = old["spam"]
    assert spam["ticket"] in numbers(api.get("/api/tickets/?spam=true").json())
    assert all(map(is_spam, spam["blocked"]))
    assert not any(map(is_spam, spam["free"]))
    assert agent.post("/tickets/undo/", changes=spam["undo"]).status == 302
    assert not api.get(f"/api/tickets/{spam['ticket']}/").json()["spam"]
    assert not is_spam(spam["blocked"][0])


@holding("snoozed")
def test_snoozed_tickets_return(desk, api, old):
    """One at its time, the other one when its requester writes."""
    past, future = (old["snoozed"][name]["ticket"] for name in ("past", "future"))

    def waiting():
        query = "waiting_for=us&snoozed=false&limit=500"
        return numbers(api.get(f"/api/tickets/?{query}").json()) & {past, future}

    assert waiting() == {past}
    assert desk.visitor().post(old["snoozed"]["future"]["path"], body="Done?").status == 302
    assert waiting() == {past, future}


# --- triage -----------------------------------------------------------------------------


def similar_to(agent, number):
    """Return the tickets that an agent sees as similar, and the one that this may be twice."""
    page = agent.get(f"/tickets/{number}/").text
    twin = re.search(r'Possibly the same as <a href="/tickets/(\d+)/', page)
    similar = agent.get(f"/tickets/{number}/similar/").text
    listed = similar.partition('id="similar-tickets"')[2].partition("</section>")[0]
    near = {int(each) for each in re.findall(r'href="/tickets/(\d+)/', listed)}
    return near, twin and int(twin[1])


@holding("similar")
def test_tickets_that_were_compared_stay_similar(agent, old):
    similar = old["similar"]
    assert similar_to(agent, similar["ticket"]) == (set(similar["near"]), similar["possibly_same"])


@holding("learned")
def test_what_agents_decided_is_known_for_tickets_of_the_same_meaning(agent, api, old):
    learned = old["learned"]
    assert f"#{learned['ticket']}" in agent.get(f"/tickets/{learned['followed_by']}/").text
    body = {"title": learned["title"], "description": learned["description"]}
    new = api.json("POST", "/api/tickets/", body).json()
    assert (new["category"], new["priority"]) == (learned["category"], learned["priority"])


@holding("doubted")
def test_what_a_model_decided_against_the_classifier_waits_for_review(agent, api, database, old):
    doubted = old["doubted"]
    number, field = doubted["ticket"], doubted["field"]
    assert number in numbers(api.get("/api/tickets/?needs_review=true&limit=500").json())
    card = agent.get(f"/tickets/review/?ticket={number}").text
    assert f'name="ticket" value="{number}"' in card
    ticket = api.get(f"/api/tickets/{number}/").json()
    decision = {"version": str(ticket["version"]), "ticket": str(number), "after": ""}
    decision |= {"category": ticket["category"], "priority": ticket["priority"]} | {
        field: doubted["better"]
    }
    assert agent.post("/tickets/review/", **decision).status == 302
    [claim] = database.query(
        "SELECT claimed, confidence, value, final_value FROM tickets_prediction"
        " WHERE ticket_id = %s AND field = %s AND provider = %s",
        *(number, field, doubted["provider"]),
    )
    assert claim == {
        "claimed": doubted["claimed"],
        "confidence": doubted["confidence"],
        "value": doubted["value"],
        "final_value": doubted["better"],
    }
    assert number not in numbers(api.get("/api/tickets/?needs_review=true&limit=500").json())


# --- replies ----------------------------------------------------------------------------


@holding("pending")
def test_a_reply_that_was_taken_back_can_be_edited(agent, old):
    reply = old["pending"]["taken_back"]
    page = agent.get(f"/tickets/{reply['ticket']}/?reply={reply['reply']}")
    assert f"{reply['body']}</textarea>" in page.text


@holding("pending")
def test_a_waiting_reply_can_be_taken_back(maria, old):
    reply = old["pending"]["to_take_back"]
    taken = maria.post("/tickets/undo/", changes=f"reply:{reply['reply']}")
    address = f"/tickets/{reply['ticket']}/?reply={reply['reply']}"
    assert (taken.status, taken.headers["Location"]) == (302, f"{address}#body")
    assert f"{reply['body']}</textarea>" in maria.get(address).text


# --- mail and files ---------------------------------------------------------------------


@holding("mail")
def test_what_came_by_mail_stays_with_its_ticket(agent, old):
    mail = old["mail"]
    page = agent.get(f"/tickets/{mail['ticket']}/").text
    assert mail["participant"] in page
    assert mail["held_text"] in page
    assert mail["bounced"] in agent.get(f"/tickets/{mail['bounced_ticket']}/").text


@holding("mail")
def test_a_message_that_came_before_makes_no_second_ticket(desk, old):
    mail = old["mail"]
    again = desk.visitor(token=mail["token"]).deliver(mail["message"])
    assert (again.status, again.json()["ticket"]) == (200, mail["ticket"])


@holding("files")
def test_files_stay_attached(api, old):
    for ticket, names in old["files"].items():
        files = api.get(f"/api/tickets/{ticket}/attachments/").json()
        assert [file["name"] for file in files][: len(names)] == names


# --- jobs -------------------------------------------------------------------------------


@holding("pending")
def test_waiting_replies_are_sent(mailed, api, old):
    replies = old["pending"]
    for name in ("plain", "resolves", "on_merged", "taken_back"):
        reply, is_sent = replies[name], name != "taken_back"
        comments = api.get(f"/api/tickets/{reply['ticket']}/comments/").json()
        assert (reply["body"] in [comment["body"] for comment in comments]) == is_sent, name
        assert any(reply["body"] in text for text in mailed(reply["address"])) == is_sent, name
    ticket = api.get(f"/api/tickets/{replies['resolves']['ticket']}/").json()
    assert ticket["status"] == "resolved"


@holding("notified")
def test_agents_are_told_what_waited(mailed, old):
    for address, tickets in old["notified"].items():
        texts = "".join(mailed(address))
        assert all(f"/tickets/{number}/" in texts for number in tickets), address


@holding("waiting_address")
def test_a_waiting_address_can_be_confirmed(mailed, desk, api, old):
    waiting = old["waiting_address"]
    path = f"/api/tickets/{waiting['ticket']}/"
    assert api.get(path).json()["requester_email"] != waiting["address"]
    [text] = mailed(waiting["address"])
    [link] = re.findall(r"/confirm/[^\s/]+/", text)
    assert desk.visitor().post(link).status == 302
    assert api.get(path).json()["requester_email"] == waiting["address"]


@holding("invited")
def test_an_invitation_that_waited_can_be_accepted(mailed, desk, old):
    [text] = mailed(old["invited"]["address"])
    [link] = re.findall(r"/invitation/\S+/", text)
    password = "Chosen-after-the-upgrade"
    visitor = desk.visitor()
    assert visitor.post(link, new_password1=password, new_password2=password).status == 302
    assert old["invited"]["username"] in visitor.get("/tickets/?sort=newest").text


@holding("links_address")
def test_links_that_were_asked_for_are_sent(mailed, old):
    assert any(old["private_link"]["path"] in text for text in mailed(old["links_address"]))


@holding("mail")
def test_a_message_that_waited_becomes_a_ticket(mailed, api, old):
    waiting = old["mail"]["waiting"]
    [ticket] = api.get(f"/api/tickets/?search={waiting['address']}").json()
    assert ticket["title"] == waiting["subject"]
    [file] = api.get(f"/api/tickets/{ticket['id']}/attachments/").json()
    assert file["name"] == waiting["file"]
    [confirmation] = mailed(waiting["address"])
    assert "/t/" in confirmation


@holding("to_compare")
def test_tickets_that_waited_for_it_are_compared(mailed, agent, database, old):
    """One by its own job, the older ones by the job of the clock."""
    waiting = old["to_compare"]
    near, _twin = similar_to(agent, waiting["ticket"])
    assert near == set(waiting["near"])
    lacking = database.query(
        "SELECT id FROM tickets_ticket LEFT JOIN tickets_ticketvector ON ticket_id = id"
        " WHERE NOT spam AND merged_into_id IS NULL AND matched IS NOT TRUE"
    )
    assert lacking == []
