"""The replica answers lists, searches and figures, and nobody misses what they have written."""

import re
import time

import pytest

from .site import Load

API_LIST = "/api/tickets/?sort=newest"
FROM_REPLICA = [
    API_LIST,
    "/api/tickets/?search=invoice+-refund&status=open",
    "/api/tickets/stats/",
    "/api/triage/report/",
]
PAGES_FROM_REPLICA = [
    "/tickets/?sort=newest",
    "/tickets/?search=invoice",
    "/tickets/news/?sort=newest&rows=1.1.0",
    "/dashboard/",
    "/dashboard/triage/",
]


WHO_ASKS = re.compile("tickets_(apitoken|signin)")


def asks_about_tickets(statements):
    return [text for text in statements if "tickets_" in text and not WHO_ASKS.search(text)]


def wait_until_used(site, client, path=API_LIST):
    """Ask until the replica answers: a web server first finds out how far it is."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with site.replica.statements() as statements:
            assert client.get(path).status == 200
        if asks_about_tickets(statements):
            return
        time.sleep(0.1)
    pytest.fail("The replica is never used.")


@pytest.fixture
def web(site):
    return site.webs[0]


@pytest.mark.parametrize("path", FROM_REPLICA)
def test_a_program_that_only_reads_is_answered_by_the_replica(site, web, path):
    reader = site.program(site.reader, web)
    wait_until_used(site, reader)
    with site.primary.statements() as primary, site.replica.statements() as replica:
        assert reader.get(path).status == 200
    assert asks_about_tickets(replica)
    assert not asks_about_tickets(primary)


@pytest.mark.parametrize("path", PAGES_FROM_REPLICA)
def test_pages_with_lists_and_figures_come_from_the_replica(site, web, path):
    agent = site.agent(web)
    site.replica.catch_up()
    wait_until_used(site, agent)
    with site.primary.statements() as primary, site.replica.statements() as replica:
        assert agent.get(path).status == 200
    assert asks_about_tickets(replica)
    assert not asks_about_tickets(primary)


def test_everything_else_is_answered_by_the_primary(site, web):
    reader = site.program(site.reader, web)
    number = site.program(site.writer, web).create("One of many")
    wait_until_used(site, reader)
    with site.replica.statements() as replica:
        assert reader.get(f"/api/tickets/{number}/").status == 200
        assert site.program(site.writer, web).get(API_LIST).status == 200
    assert not asks_about_tickets(replica)


def test_agents_see_what_they_wrote_while_the_replica_is_paused(site, web):
    reader, agent = site.program(site.reader, web), site.agent(web)
    known = site.program(site.writer, web).create("Known before")
    site.replica.catch_up()
    wait_until_used(site, reader)
    wait_until_used(site, agent)
    site.replica.pause()
    agent.create("Written by the agent")
    agent.send("PATCH", f"/api/tickets/{known}/", {"title": "Renamed by the agent"})
    # Another web server does not know the agent, but the agent's browser knows the position.
    for server in (*site.webs, site.nginx):
        titles = agent.at(server).get(API_LIST).titles
        assert titles[:2] == ["Written by the agent", "Renamed by the agent"]
        assert b"Written by the agent" in agent.at(server).get("/tickets/?sort=newest").body
    # This shows that the replica was behind all the time.
    assert reader.get(API_LIST).titles[0] == "Known before"
    site.replica.resume()
    site.replica.catch_up()
    assert reader.get(API_LIST).titles[:2] == ["Written by the agent", "Renamed by the agent"]
    wait_until_used(site, agent)


def test_what_a_page_stores_is_seen_too(site, web):
    """Opening a ticket marks it as read."""
    agent = site.agent(web)
    number = site.program(site.writer, web).create("Not read yet")
    site.replica.catch_up()
    wait_until_used(site, agent)

    def is_unread():
        [ticket] = agent.get(f"/api/tickets/?search=%23{number}").json()
        return ticket["unread"]

    assert is_unread()
    site.replica.pause()
    assert agent.get(f"/tickets/{number}/").status == 200
    assert not is_unread()


def test_the_back_office_counts_as_a_change(site, web):
    agent = site.agent(web)
    assert agent.get("/admin/").status == 200
    before = int(agent.cookies["position"])
    site.program(site.writer, web).create("Something new")
    assert agent.get("/admin/").status == 200
    assert int(agent.cookies["position"]) > before


def test_a_program_that_may_write_sees_what_it_wrote(site, web):
    writer = site.program(site.writer, web)
    wait_until_used(site, site.program(site.reader, web))
    site.replica.pause()
    writer.create("Written by a program")
    assert writer.get(API_LIST).titles[0] == "Written by a program"
    assert writer.cookies == {}


@pytest.mark.parametrize("position", ["unknown", "-1", "1e9", "9" * 30, ""])
def test_a_position_that_makes_no_sense_means_the_primary(site, web, position):
    agent = site.agent(web)
    wait_until_used(site, site.program(site.reader, web))
    site.replica.pause()
    agent.create("Must be seen")
    agent.cookies["position"] = position
    assert agent.get(API_LIST).titles[0] == "Must be seen"


def test_a_replica_that_is_late_is_left_alone(site):
    strict_web = site.webs[1]
    reader = site.program(site.reader, strict_web)
    site.replica.pause()
    site.program(site.writer, strict_web).create("Newer than the replica")
    deadline = time.monotonic() + 30
    while reader.get(API_LIST).titles[:1] != ["Newer than the replica"]:
        assert time.monotonic() < deadline, "A late replica is still used."
        time.sleep(0.2)
    site.replica.resume()
    site.replica.catch_up()
    wait_until_used(site, reader)


def test_no_request_fails_while_the_replica_dies_and_comes_back(site, web):
    reader = site.program(site.reader, web)
    wait_until_used(site, reader)
    with Load(lambda: reader.get(API_LIST)) as load:
        load.wait_for(20)
        site.replica.kill()
        load.wait_for(50)
        site.replica.start()
        load.wait_for(20)
    assert load.failures == []
    wait_until_used(site, reader)
