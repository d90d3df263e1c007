"""Upgrade a database that an earlier release has filled, then use it.

Everything runs as in production: real processes of this program on a restored database.
"""

from __future__ import annotations

import json
import re
from urllib.parse import quote

from .desk import UpgradedDesk
from .releases import holding

# Every migration adds rows to these, so they are compared separately.
DJANGO_TABLES = {
    "auth_group_permissions",
    "auth_permission",
    "django_content_type",
    "django_migrations",
}

# --- the rows -----------------------------------------------------------------------


def test_migrate_changes_only_the_declared_tables_and_columns(upgrade, dump):
    """See releases.py."""
    after = dict(upgrade.after.columns)
    new = {table: after.pop(table) for table in dump.new_tables() & after.keys()}
    assert new.keys() == dump.new_tables()
    assert after == dump.new_columns(upgrade.before.columns)


def test_migrate_keeps_every_row(upgrade, dump):
    for table, expected in dump.new_rows(upgrade.before.rows).items():
        if table not in DJANGO_TABLES:
            names = {name for row in expected for name in row}
            rows = [{name: row[name] for name in names} for row in upgrade.after.rows[table]]
            assert in_order(rows) == in_order(expected), table


def without(columns, rows):
    return [{name: row[name] for name in row.keys() - columns} for row in rows]


def in_order(rows):
    return sorted(rows, key=lambda row: json.dumps(row, sort_keys=True))


def test_content_types_and_permissions_keep_their_ids(upgrade, dump):
    """Groups, accounts and the admin log refer to them."""
    before, after = upgrade.before.rows, upgrade.after.rows
    for table, column in (("django_content_type", "model"), ("auth_permission", "codename")):
        numbers = {row["id"]: row[column] for row in after[table]}
        for row in before[table]:
            assert numbers[row["id"]] == dump.new_name(row[column])
    granted = {(row["group_id"], row["permission_id"]) for row in after["auth_group_permissions"]}
    for row in before["auth_group_permissions"]:
        assert (row["group_id"], row["permission_id"]) in granted


def test_no_migration_is_missing(desk):
    assert "[ ]" not in desk.manage("showmigrations")
    assert "No changes" in desk.manage("makemigrations", "--check", "--dry-run")


def test_migrations_can_be_reversed_and_reapplied(migrated, dump, tmp_path):
    """Reversing restores every name and row, but for what was dropped.

    Only permissions and content types may be added.
    """
    before = migrated.before
    with migrated.desk.database.copied() as database:
        desk = UpgradedDesk(database, dump.values["secret_key"], tmp_path)
        desk.manage("migrate", "tickets", dump.last_migration, "--verbosity", "0")
        after = database.contents()
        for table in before.rows.keys() - DJANGO_TABLES:
            lost = dump.lost_columns(table)
            restored, old = without(lost, after.rows[table]), without(lost, before.rows[table])
            assert in_order(restored) == in_order(old), table
        assert after.names == before.names
        desk.manage("migrate", "--verbosity", "0")
        assert database.contents().names == migrated.after.names
        seen = database.query(
            "SELECT codename FROM auth_permission permission"
            " JOIN auth_group_permissions ON permission_id = permission.id"
            " JOIN auth_group groups ON group_id = groups.id AND groups.name = 'triage watchers'"
        )
        assert {row["codename"] for row in seen} >= {"view_feedback", "change_feedback"}


# --- people ---------------------------------------------------------------------------


def test_sessions_stay_signed_in(desk, old):
    assert desk.visitor().get("/tickets/?sort=newest").status == 302
    for name, session in old["sessions"].items():
        page = desk.visitor(session=session).get("/tickets/?sort=newest")
        assert page.status == 200
        assert name in page.text


def test_passwords_work_except_for_deactivated_accounts(desk, database, old):
    inactive = database.query("SELECT username FROM auth_user WHERE NOT is_active")
    deactivated = {row["username"] for row in inactive}
    assert "tom" in deactivated
    for name, password in old["passwords"].items():
        visitor = desk.visitor()
        status = visitor.post("/sign-in/", username=name, password=password, next="").status
        assert status == (400 if name in deactivated else 302), name


def test_pending_messages_appear_on_the_next_page(desk, old):
    """Release 0.1 kept all of them in a cookie. Later, those with an Undo wait in the session."""
    maria = desk.visitor(session=old.get("messages_session", old["sessions"]["maria"]))
    maria.cookies["messages"] = old["messages_cookie"]
    page = maria.get("/tickets/?sort=newest")
    assert page.status == 200
    assert page.text.count("tickets changed.") == 4


def test_every_admin_list_opens(desk, old):
    admin = desk.visitor(session=old["sessions"]["admin"])
    start = admin.get("/admin/")
    assert start.status == 200
    lists = set(re.findall(r'href="(/admin/\w+/\w+/)"', start.text))
    assert len(lists) >= 10
    for path in lists:
        assert admin.get(path).status == 200, path


def test_a_group_keeps_its_permission_to_view_feedback(desk, old):
    vera = desk.visitor()
    vera.post("/sign-in/", username="vera", password=old["passwords"]["vera"], next="")
    path = "/admin/tickets/feedback/"
    assert vera.get(path).status == 200
    assert vera.get("/admin/tickets/apitoken/").status == 403


def test_the_old_address_of_feedback_redirects_to_it(desk, old):
    former, new = "/admin/tickets/lesson/", "/admin/tickets/feedback/"
    admin = desk.visitor(session=old["sessions"]["admin"])
    for visitor in (admin, desk.visitor()):
        response = visitor.get(former)
        assert (response.status, response.headers["Location"]) == (302, new)
    page = admin.get(new)
    assert page.status == 200
    assert "feedback" in page.text.lower()
    query = "?field__exact=category&corrected__exact=1"
    filtered = admin.get(f"{former}{query}")
    assert (filtered.status, filtered.headers["Location"]) == (302, f"{new}{query}")
    assert admin.get(f"{new}{query}").status == 200
    assert desk.visitor().get(new).status == 302  # to the sign-in page


# --- pages ----------------------------------------------------------------------------


def test_the_list_opens_and_accepts_old_cursors(desk, api, agent, old):
    assert agent.get("/tickets/?sort=newest").text.count("/tickets/1") > 10
    cursor = old["cursor"]
    rows = api.get(f"/api/tickets/?limit=20&cursor={quote(cursor['list'])}").json()
    assert [row["id"] for row in rows] == cursor["tickets_after"]
    assert agent.get(f"/tickets/review/?after={quote(cursor['review'])}").status == 200


def test_saved_views_open(agent, database):
    views = database.query("SELECT name, query FROM tickets_savedview WHERE shared")
    page = agent.get("/tickets/?sort=newest")
    for view in views:
        assert view["name"].replace("'", "&#x27;") in page.text
        assert agent.get(f"/tickets/?{view['query']}").status == 200
    assert len(views) == 4


def test_search_accepts_the_mood_alias(api, database):
    angry = database.query("SELECT id FROM tickets_ticket WHERE sentiment = 'angry'")
    for word in ("mood", "sentiment"):
        rows = api.get(f"/api/tickets/?limit=500&search={word}:angry").json()
        assert {row["id"] for row in rows} == {row["id"] for row in angry}


@holding("page_form")
def test_a_form_sent_again_leads_to_its_ticket(desk, old):
    form = old["page_form"]
    response = desk.visitor().post("/", **form["fields"])
    assert (response.status, response.headers["Location"]) == (302, form["path"])


@holding("conversations")
def test_conversations_are_unchanged(api, agent, old):
    for name, sent in old["conversations"].items():
        path = f"/api/tickets/{sent['ticket']}/"
        ticket, comments = api.get(path).json(), api.get(f"{path}comments/").json()
        assert (ticket["status"], ticket["assignee"]) == (sent["status"], sent["assignee"]), name
        for before, after in zip(sent["comments"], comments, strict=False):  # others are newer
            assert {key: after[key] for key in before} == before, name
        assert len(comments) >= len(sent["comments"]), name
        page = agent.get(f"/tickets/{sent['ticket']}/")
        assert page.status == 200, name


@holding("conversations")
def test_each_ticket_waits_for_whoever_did_not_write_last(api, old):
    """By the comments that the old release answered: the last public one decides."""
    turns = {}
    for shape, conversation in old["conversations"].items():
        ticket = api.json("GET", f"/api/tickets/{conversation['ticket']}/").json()
        public = [row for row in conversation["comments"] if row["public"]]
        last = public[-1]["author_role"] if public else "requester"
        expected = "requester" if last == "agent" else "us"
        is_finished = conversation["status"] in ("resolved", "closed")
        turns[shape] = ticket["waiting_for"]
        assert ticket["waiting_for"] == (None if is_finished else expected), shape
        assert (ticket["waiting_since"] is not None) == (ticket["waiting_for"] == "us"), shape
        written = [row["created_at"] for row in conversation["comments"]]
        assert ticket["last_activity_at"] == max([ticket["created_at"], *written]), shape
        assert ticket["unread"] is False
    assert set(turns.values()) == {"us", "requester", None}


@holding("conversations")
def test_a_ticket_waits_since_its_first_unanswered_message(api, old):
    conversations = old["conversations"]
    several = next(name for name in conversations if "several times" in name)
    ticket = api.json("GET", f"/api/tickets/{conversations[several]['ticket']}/").json()
    rows = conversations[several]["comments"]
    answers = [row["created_at"] for row in rows if row["public"] and row["author"]]
    unanswered = [
        row["created_at"]
        for row in rows
        if row["author_role"] == "requester" and row["created_at"] > max(answers)
    ]
    assert len(unanswered) > 1
    assert ticket["waiting_since"] == min(unanswered)


def test_a_private_link_opens_its_ticket_and_accepts_a_reply(desk, database, old):
    # After the tests of whose turn it is, which this reply changes.
    path = old["private_link"]["path"]
    visitor = desk.visitor()
    assert "Charged twice" in visitor.get(path).text
    assert visitor.post(path, body="Is there any news today?").status == 302
    reply = database.query("SELECT * FROM tickets_comment ORDER BY id DESC LIMIT 1")
    assert reply[0]["ticket_id"] == old["private_link"]["ticket"]
    assert reply[0]["author_role"] == "requester"
    assert desk.visitor().get(old["revoked_link"]).status == 404


def test_dashboards_and_export_open(agent):
    for path in ("/dashboard/", "/dashboard/triage/", "/tickets/export.csv"):
        assert agent.get(path).status == 200


# --- the API --------------------------------------------------------------------------


def test_tokens_work_unless_revoked_or_of_a_deactivated_account(desk, api, old):
    for name, token in old["tokens"].items():
        status = 401 if name in ("revoked", "of_tom") else 200
        assert desk.visitor(token=token).get("/api/tickets/").status == status, name
    assert api.get("/api/triage/report/").status == 200


def test_a_ticket_and_its_history_are_unchanged(api, agent, old):
    number = old["ticket"]["id"]
    ticket = api.get(f"/api/tickets/{number}/").json()
    assert {key: ticket[key] for key in old["ticket"]} == old["ticket"]  # later ones may be added
    history = api.get(f"/api/tickets/{number}/history/").json()
    for before, after in zip(old["history"], history, strict=True):
        assert {key: after[key] for key in before} == before
    page = agent.get(f"/tickets/{number}/")
    assert page.status == 200
    assert old["ticket"]["title"] in page.text
    assert api.get(f"/api/tickets/{old['deleted_ticket']}/").status == 404


def test_a_repeated_create_returns_the_first_response(api, old):
    sent = old["idempotency"]
    response = api.json("POST", "/api/tickets/", sent["body"], Idempotency_Key=sent["key"])
    assert response.status == 201
    assert response.headers["Idempotency-Replayed"] == "true"
    assert response.json()["id"] == sent["id"]


def test_an_old_suggestion_id_is_no_error_and_counts_for_a_day(api, database, old):
    suggestion = old["suggestion"]
    body = {name: suggestion[name] for name in ("description", "suggestion_id")}
    response = api.json("POST", "/api/tickets/", {"title": "It crashes", **body})
    assert response.status == 201
    used = database.query(
        "SELECT field FROM tickets_prediction WHERE ticket_id = %s AND use = 'shown'",
        response.json()["id"],
    )
    # The archive of a release is less than a day old when the release is new.
    assert {row["field"] for row in used} in (set(), {"category", "priority"})


# --- changes --------------------------------------------------------------------------


def test_an_old_change_can_be_undone(agent, api, old):
    change = old["undo"]
    assert agent.post("/tickets/undo/", changes=change["token"]).status == 302
    ticket = api.get(f"/api/tickets/{change['ticket']}/").json()
    assert ticket["category"] == change["category"]
    assert ticket["triage"]["category"]["source"] == change["category_source"]


@holding("undo_resolve")
def test_an_old_reply_and_resolve_can_be_undone(agent, api, old):
    change = old["undo_resolve"]
    assert agent.post("/tickets/undo/", changes=change["token"]).status == 302
    assert api.get(f"/api/tickets/{change['ticket']}/").json()["status"] == change["status"]


def test_new_changes_are_audited(api, database):
    body = {"title": "Audited", "description": "The invoice of May is missing, and I am furious!"}
    number = api.json("POST", "/api/tickets/", body).json()["id"]
    path = f"/api/tickets/{number}/"
    assert api.json("PATCH", path, {"description": "All is well, thank you."}).status == 200
    assert api.json("POST", f"{path}comments/", {"body": "Fine.", "public": True}).status == 201
    newest = database.query("SELECT * FROM tickets_ticket WHERE id = %s", number)[0]
    query = "SELECT * FROM tickets_ticketevent WHERE pgh_obj_id = %s ORDER BY pgh_id"
    events = database.query(query, number)
    assert [event["pgh_label"] for event in events] == ["insert", "update", "update"]
    audited = {name for name in events[0] if not name.startswith("pgh_")}
    assert len(audited) > 15
    assert events[2]["description"] == ""  # the comment left it alone
    changed = events[2] | {"description": newest["description"]}
    assert {name: changed[name] for name in audited} == {name: newest[name] for name in audited}
    of_comment = "SELECT pgh_label FROM tickets_commentevent WHERE ticket_id = %s"
    assert [event["pgh_label"] for event in database.query(of_comment, number)] == ["insert"]

    assert api.json("DELETE", path).status == 204
    assert database.query(query, number) == database.query(of_comment, number) == []
    erased = "SELECT events FROM tickets_erasure WHERE ticket_number = %s"
    assert database.value(erased, number) == 6  # with those of the deletion itself


def test_a_review_decision_is_stored_as_feedback(agent, api, database):
    """New rows get ids above the old ones."""
    last = database.value("SELECT max(id) FROM tickets_feedback")
    body = {"title": "A question", "description": "Where do I see my plan?"}
    number = api.json("POST", "/api/tickets/", body).json()["id"]
    sent = {"version": "1", "category": "account", "priority": "low", "ticket": str(number)}
    assert agent.post("/tickets/review/", after="", **sent).status == 302
    rows = database.query("SELECT * FROM tickets_feedback WHERE ticket_id = %s", number)
    assert {row["field"]: row["value"] for row in rows} == {
        "category": "account",
        "priority": "low",
    }
    assert all(row["id"] > last for row in rows)


# --- jobs -----------------------------------------------------------------------------


def test_jobs_queued_by_the_old_release_complete(upgrade, dump, desk, database, old):
    queued, edited = old["queued_ticket"], old["edited_ticket"]
    old_jobs = upgrade.before.rows["procrastinate_jobs"]
    assert {row["task_name"] for row in old_jobs} == dump.tasks
    began = database.value("SELECT now()")
    database.query("UPDATE tickets_presence SET seen_at = now() - interval '2 days'")
    messages = desk.run_jobs()
    left = database.query(
        "SELECT task_name, status FROM procrastinate_jobs WHERE id <= %s",
        max(row["id"] for row in old_jobs),
    )
    [cancelled] = left
    assert cancelled["status"] == "cancelled"
    assert cancelled["task_name"].endswith(".send_email")

    # triage_ticket applies the model's answer, except to fields an agent has decided.
    ticket = database.query("SELECT * FROM tickets_ticket WHERE id = %s", queued)[0]
    assert ticket["sentiment_source"] == "llm"
    assert (ticket["category_source"], ticket["priority_source"]) == ("human", "human")
    ticket = database.query("SELECT * FROM tickets_ticket WHERE id = %s", edited)[0]
    assert (ticket["sentiment_source"], ticket["category_source"]) == ("llm", "llm")
    # shadow_triage: the edited ticket already had predictions for its old text.
    shadows = database.query(
        "SELECT ticket_id, count(*) FROM tickets_prediction"
        " WHERE use = 'shadow' AND ticket_id IN (%s, %s) GROUP BY 1",
        *(queued, edited),
    )
    assert {row["ticket_id"]: row["count"] for row in shadows} == {queued: 4, edited: 8}
    # send_email: the message that the killed worker was sending is not sent again.
    states = database.query(
        "SELECT state, count(*) FROM tickets_email WHERE id <= %s GROUP BY 1",
        max(row["id"] for row in upgrade.before.rows["tickets_email"]),
    )
    assert {row["state"]: row["count"] for row in states} == dump.emails
    sent = database.value("SELECT count(*) FROM tickets_email WHERE sent_at >= %s", began)
    assert len(messages) == sent
    assert {str(message["To"]) for message in messages} >= {"ops@example.com"}
    # learn and retrain
    assert database.value("SELECT count(*) FROM tickets_feedback WHERE learned_at IS NULL") == 0
    models = database.query("SELECT field, refitted_at FROM tickets_triagemodel")
    assert {row["field"] for row in models} == {"category", "priority"}
    assert all(row["refitted_at"] > began for row in models)
    unread = (
        "SELECT count(*) FROM tickets_feedback"
        " LEFT JOIN tickets_ticketvector USING (ticket_id)"
        " JOIN tickets_ticket ticket ON ticket.id = ticket_id AND NOT ticket.spam"
        " WHERE encoder IS NULL OR prior_value = ''"
    )
    assert database.value(unread) == 0
    # purge
    assert database.value("SELECT count(*) FROM tickets_presence") == 0


@holding("conversations")
def test_active_tickets_of_agents_who_left_become_unassigned(upgrade, desk, database):
    """Earlier releases left them with the deactivated account."""
    before = upgrade.before.rows
    closed = {row["id"] for row in before["auth_user"] if not row["is_active"]}
    left = {
        row["id"]
        for row in before["tickets_ticket"]
        if row["assignee_id"] in closed and row["status"] in ("open", "in_progress")
    }
    assert left
    database.query(
        "INSERT INTO procrastinate_jobs (queue_name, task_name, args) VALUES"
        " ('housekeeping', 'tickets.services.leavers.find_leavers', '{\"timestamp\": 0}')"
    )
    desk.manage("procrastinate", "worker", "--one-shot")
    unassigned = "SELECT id FROM tickets_ticket WHERE id = ANY(%s) AND assignee_id IS NULL"
    assert {row["id"] for row in database.query(unassigned, [*left])} == left
    by_system = database.query(
        "SELECT pgh_obj_id FROM tickets_ticketevent WHERE pgh_obj_id = ANY(%s)"
        " AND assignee_id IS NULL AND pgh_context ->> 'actor' = 'system'",
        [*left],
    )
    assert {row["pgh_obj_id"] for row in by_system} == left
