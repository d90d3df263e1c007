"""What templates must not contain, and how large pages may be."""

import gzip
import itertools
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.utils import timezone

from tickets.models.triage import TicketMatch
from tickets.tests.factories import AgentFactory, TicketFactory
from tools.bundle import bundle

ROOT = Path(settings.BASE_DIR)
# Mail programs apply no content security policy.
TEMPLATES = sorted(
    path for path in (ROOT / "templates").rglob("*.html") if path.parent.name != "mail"
)
KB = 1024

# The content security policy blocks these: they would silently do nothing.
BLOCKED = {
    "inline style": r"\sstyle\s*=|<style",
    "inline script": r"<script(?![^>]*\ssrc=)",
    "inline handler": r"\son\w+\s*=",
    "hx-on": r"hx-on",
    "javascript in htmx": r"[\"']js:|javascript:",
    "trigger filter": r"hx-trigger=\"[^\"]*\[",
    "another host": r"(?:src|href|action)=[\"'](?:https?:)?//",
}
# Alpine's CSP build does not support these.
UNSUPPORTED = {
    "arrow function": r"=>",
    "template literal": r"`",
    "optional chaining": r"\?\.",
    "nullish": r"\?\?",
    "compound assignment": r"[+\-*/]=",
    "typeof": r"\btypeof\b",
    "global": r"\b(?:window|document|console|localStorage|JSON|Math)\b",
}
# Browsers end the phrase there, or keep a form where HTML allows none.
FORM_IN_PHRASE = re.compile(r"<(span|p|strong|em|label)\b[^>]*>(?:(?!</\1>).)*<form", re.S)
ALPINE = re.compile(r"\s(?:x-[\w:.-]+|@[\w:.-]+|:[\w.-]+)=\"([^\"]*)\"")


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_contains_what_the_policy_blocks(path):
    text = path.read_text()
    assert not [name for name, pattern in BLOCKED.items() if re.search(pattern, text)]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_alpine_expressions_work_in_its_csp_build(path):
    for expression in ALPINE.findall(path.read_text()):
        assert "{{" not in expression
        assert not [name for name, pattern in UNSUPPORTED.items() if re.search(pattern, expression)]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_form_stands_in_a_phrase(path):
    assert not FORM_IN_PHRASE.search(path.read_text())


def test_no_template_uses_x_html():
    assert not [path for path in TEMPLATES if "x-html" in path.read_text()]


def test_the_patterns_match():
    assert re.search(BLOCKED["inline script"], "<script>alert(1)</script>")
    assert not re.search(BLOCKED["inline script"], '<script src="a.js" defer>')
    assert re.search(BLOCKED["trigger filter"], 'hx-trigger="keyup[key==1]"')
    assert ALPINE.findall('<p :hidden="a => b" @click="go">') == ["a => b", "go"]


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/sign-in/",
        "/tickets/",
        "/tickets/{}/",
        "/tickets/review/",
        "/dashboard/",
        "/dashboard/triage/",
        "/api/docs/",
    ],
)
def test_the_style_sheets_of_a_page_are_small(agent, ticket, path, bundles):
    page = agent.get(path.format(ticket.pk), follow=True).content.decode()
    sheets = re.findall(r'href="/static/(css/[^"]+)"', page)
    assert sheets
    sizes = [len(gzip.compress((bundles / name).read_bytes(), mtime=0)) for name in sheets]
    assert sum(sizes) <= 6500  # see decision 29


@pytest.fixture(scope="session")
def bundles(tmp_path_factory):
    """The scripts and style sheets as they are bundled for production."""
    output = tmp_path_factory.mktemp("bundles")
    bundle(ROOT, output)
    return output


@pytest.fixture
def size_and_requests(settings, bundles):
    settings.STATICFILES_DIRS = [bundles, *settings.STATICFILES_DIRS]
    return measure


def measure(client, path):
    """Return the bytes of a page with all its files, compressed, and how many files these are."""
    response = client.get(path, headers={"Accept-Encoding": "gzip"})
    page = gzip.decompress(response.content).decode()
    files = set(re.findall(r'(?:src|href)="/static/([^"]+)"', page))
    sizes = [len(gzip.compress(Path(finders.find(name)).read_bytes())) for name in files]
    return len(response.content) + sum(sizes), 1 + len(files)


def test_the_submit_page_is_small(visitor, size_and_requests, sends_mail):
    size, requests = size_and_requests(visitor, "/")
    assert size <= 40 * KB
    assert requests <= 8


def test_a_list_of_fifty_rows_is_small(agent, size_and_requests):
    agents = AgentFactory.create_batch(5)
    tickets = [
        TicketFactory(
            title=f"A title of an ordinary length, number {n * 7919}",
            requester_email=f"somebody.{n * 104_729}@example.org",
            assignee=agents[n % 5],
        )
        for n in range(50)
    ]
    for ticket, other in itertools.pairwise(tickets):  # each is possibly the same as another one
        TicketMatch.objects.create(ticket=ticket, other=other, similarity=1, possibly_same=True)
    size, _ = size_and_requests(agent, "/tickets/?sort=newest")
    assert size <= 45 * KB, size


@pytest.mark.parametrize("days", [7, 30, 90, 0])
def test_the_dashboard_is_small(agent, days, size_and_requests):
    """It is largest with tickets on every day."""
    for ago in range(700 if days == 0 else 90):
        TicketFactory(created_at=timezone.now() - timedelta(days=ago))
    size, _ = size_and_requests(agent, f"/dashboard/?days={days}")
    assert size <= 15 * KB


def test_the_review_page_is_small(agent, size_and_requests):
    TicketFactory(description="Refund my invoice, please. " * 40)
    size, _ = size_and_requests(agent, "/tickets/review/")
    assert size <= 45 * KB, size


@pytest.mark.parametrize("path", ["/", "/sign-in/", "/tickets/", "/dashboard/", "/nothing"])
def test_each_page_has_its_landmarks(agent, path):
    page = agent.get(path, follow=True).content.decode()
    for landmark in ('<html lang="en"', '<a class="skip" href="#content"', '<main id="content"'):
        assert page.count(landmark) == 1
    assert len(re.findall(r"<h1[ >]", page)) == 1
    assert re.search(r"<title>\s*\S", page)
