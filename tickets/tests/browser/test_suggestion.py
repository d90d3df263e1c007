"""The six states of the suggestion on the submit page."""

import pytest
from playwright.sync_api import expect

from tickets.models.ticket import Ticket
from tickets.models.triage import Prediction
from tickets.tests.factories import TicketFactory

from .submit_form import ANSWER, CLASSIFY, OTHER_PROBLEM, PROBLEM, Questions, SubmitForm


@pytest.fixture
def questions(page):
    return Questions(page, CLASSIFY)


@pytest.fixture
def form(page, questions):
    return SubmitForm(page).open()


@pytest.fixture
def stopped(page):
    """The page's clock stands still, except where the test moves it on."""
    page.clock.install(time=0)
    return page.clock


def test_idle_while_there_is_no_sentence(stopped, page, questions):
    form = SubmitForm(page).open()
    stopped.pause_at(10_000)
    form.description.fill("It is broken, why?")
    stopped.run_for(20_000)
    form.expect_state("idle")
    expect(form.panel).to_contain_text("A suggestion appears as you write.")
    form.expect_values("", "")
    assert questions.routes == []


def test_typing_waits_for_a_pause(stopped, page, questions):
    form = SubmitForm(page).open()
    stopped.pause_at(10_000)
    form.description.fill(PROBLEM)
    form.expect_state("typing")
    stopped.run_for(600)
    form.description.press("End")
    form.description.press_sequentially("!")
    stopped.run_for(699)
    form.expect_state("typing")
    expect(form.panel).to_contain_text("Waiting for you to pause")
    assert questions.routes == []
    stopped.run_for(1)
    form.expect_state("thinking")
    questions.wait_for(1)


def test_thinking_leaves_everything_editable(form, questions):
    form.description.fill(PROBLEM)
    form.expect_state("thinking")
    expect(form.panel).to_contain_text("Reading")
    form.expect_values("", "")
    for field in (form.category, form.priority, form.description, form.title, form.send):
        expect(field).to_be_enabled()
        expect(field).to_be_editable() if field is not form.send else None


def test_it_asks_about_what_was_typed(form, questions):
    form.write("  " + PROBLEM + "\n", "Charged twice")
    request = questions.wait_for(1).request
    assert request.post_data_json == {"description": PROBLEM, "title": "Charged twice"}
    assert request.headers["x-csrftoken"]


def test_suggested_fills_and_explains(form, questions):
    form.description.fill(PROBLEM)
    questions.answer()
    form.expect_state("suggested")
    form.expect_values("billing", "high")
    form.expect_tags("category", "priority")
    for text in ("Billing", "91% confident", "High", "62% confident", "“charged”", "offline"):
        expect(form.panel).to_contain_text(text)


@pytest.mark.parametrize(
    ("texts", "evidence"),
    [
        ([], ""),
        (["charged", "Charged"], "Because of “charged”"),
        (["my card", "card", "twice"], "Because of “my card”, “twice”"),
        (["password is wrong"], "Because of “password is wrong”"),
        (
            ["charged again and again for the same month"],
            "Because of “charged again and again for the same…”",
        ),
        (["x" * 30, "y" * 33], f"Because of “{'x' * 30}”"),
    ],
)
def test_each_value_quotes_its_own_evidence_once(form, questions, texts, evidence):
    def quoted(texts):
        return [{"field": "description", "text": text, "start": 0, "end": 1} for text in texts]

    form.description.fill(PROBLEM)
    questions.answer(evidence={"category": quoted(["refund"]), "priority": quoted(texts)})
    form.expect_state("suggested")
    quotes = form.panel.locator(".suggestion-evidence")
    expect(quotes).to_have_text(["Because of “refund”", evidence])


@pytest.mark.parametrize(
    ("source", "text"), [("llm", "by the AI model"), ("offline", "by the offline classifier")]
)
def test_it_says_who_suggests(form, questions, source, text):
    form.description.fill(PROBLEM)
    questions.answer(source=source)
    form.expect_state("suggested")
    expect(form.panel).to_contain_text(text)


NO_CLUE = {
    "suggested_category": "general",
    "suggested_priority": "medium",
    "source": "default",
    "confidence": {"category": None, "priority": None},
    "evidence": {"category": [], "priority": []},
}


def test_a_suggestion_may_rest_on_no_words_of_the_text(form, questions):
    """Agents decided so about tickets that mean the same."""
    form.description.fill(PROBLEM)
    questions.answer(source="offline", evidence={"category": [], "priority": []})
    form.expect_state("suggested")
    expect(form.panel.locator(".suggestion-evidence")).to_have_text(["", ""])


@pytest.mark.parametrize("source", ["default", "offline"])
def test_a_text_without_a_clue_gets_no_suggestion(form, questions, source):
    form.write()
    questions.wait_for(1)
    questions.answer(len(questions.routes), **NO_CLUE | {"source": source})
    form.expect_state("noClue")
    expect(form.panel).to_contain_text("Your text gives no clue yet.")
    expect(form.panel).not_to_contain_text("We suggest")
    expect(form.page.locator("form > p[role=status]")).to_contain_text("no clue")
    form.expect_values("", "")
    form.expect_tags()
    form.send_and_wait()
    assert not Prediction.objects.filter(use="shown").exists()


def test_a_text_that_loses_its_clue_loses_its_suggestion(form, questions):
    form.description.fill(PROBLEM)
    questions.answer()
    form.expect_values("billing", "high")
    form.description.fill("Lorem ipsum dolor sit amet.")
    questions.answer(2, **NO_CLUE)
    form.expect_state("noClue")
    form.expect_values("", "")


def test_the_real_classifier_finds_no_clue(page):
    form = SubmitForm(page).open()
    form.description.fill("Zzz qqq lorem ipsum dolor sit amet")
    form.expect_state("noClue")
    form.expect_values("", "")


@pytest.mark.parametrize("width", [1280, 360])
def test_the_panel_takes_one_line_until_there_is_something_to_say(desk, width):
    page = desk.window(viewport={"width": width, "height": 780})
    questions = Questions(page, CLASSIFY)
    form = SubmitForm(page).open()
    for state in ("idle", "typing", "thinking"):
        form.expect_state(state)
        assert form.panel.bounding_box()["height"] < 32
        form.description.press_sequentially(PROBLEM) if state == "idle" else None
    questions.answer()
    form.expect_state("suggested")
    assert form.panel.bounding_box()["height"] > 100


def test_the_real_answer_is_understood(page):
    form = SubmitForm(page).open()
    form.write()
    form.expect_state("suggested")
    form.expect_tags("category", "priority")
    expect(form.category).to_have_value("billing")
    form.send_and_wait()
    ticket = Ticket.objects.get()
    assert ticket.category_source == ticket.priority_source == "offline"


def test_overridden_keeps_the_choice_and_offers_the_suggestion(form, questions):
    form.description.fill(PROBLEM)
    questions.answer()
    form.expect_state("suggested")
    form.category.select_option("account")
    form.expect_state("overridden")
    expect(form.panel).to_contain_text("You chose differently")
    expect(form.panel).to_contain_text("Billing")
    form.expect_values("account", "high")
    form.expect_tags("priority")


def test_the_suggestion_can_be_taken_after_all(form, questions):
    form.description.fill(PROBLEM)
    questions.answer()
    form.category.select_option("account")
    form.priority.select_option("low")
    use = form.panel.get_by_role("button")
    use.focus()
    use.press("Enter")
    form.expect_state("suggested")
    form.expect_values("billing", "high")
    form.expect_tags("category", "priority")
    expect(use).to_be_focused()
    form.title.fill("Charged twice")


def test_an_override_is_stored_as_the_persons(page):
    form = SubmitForm(page).open()
    form.write()
    form.expect_state("suggested")
    form.priority.select_option("low")
    form.expect_state("overridden")
    form.send_and_wait()
    ticket = Ticket.objects.get()
    assert (ticket.priority, ticket.priority_source) == ("low", "human")
    assert ticket.category_source == "offline"


@pytest.mark.parametrize("status", [400, 403, 429, 500, 503])
def test_unavailable_when_the_answer_is_an_error(desk, form, questions, status):
    desk.tolerate(f"status of {status}")
    form.write()
    questions.wait_for(1)
    questions.answer(len(questions.routes), status=status)
    form.expect_state("unavailable")
    expect(form.panel).to_contain_text("No suggestion right now")
    form.expect_values("", "")
    form.send_and_wait()
    assert Ticket.objects.count() == 1


def test_unavailable_when_the_desk_does_not_answer(desk, form, questions):
    desk.tolerate("ERR_")
    form.write()
    questions.wait_for(1)
    questions.routes[-1].abort()
    form.expect_state("unavailable")
    form.expect_values("", "")


def test_what_was_suggested_for_another_text_goes_when_there_is_no_suggestion(
    desk, form, questions
):
    """What the screen shows is what is sent."""
    desk.tolerate("status of 500")
    form.description.fill(PROBLEM)
    questions.answer()
    form.expect_values("billing", "high")
    form.priority.select_option("low")
    form.description.fill(OTHER_PROBLEM)
    questions.answer(2, status=500)
    form.expect_state("unavailable")
    form.expect_values("", "low")
    form.expect_tags()
    form.page.reload()
    questions.answer(3, status=500)
    form.expect_state("unavailable")
    form.expect_values("", "low")


def test_what_was_suggested_goes_with_its_sentence(form, questions):
    form.description.fill(PROBLEM)
    questions.answer()
    form.expect_values("billing", "high")
    form.description.fill("Never mind")
    form.expect_state("idle")
    form.expect_values("", "")
    form.expect_tags()


@pytest.mark.parametrize(
    "nonsense",
    [{"suggested_category": "weather"}, {"suggested_priority": None}, {"suggested_category": ""}],
)
def test_unavailable_when_the_answer_makes_no_sense(form, questions, nonsense):
    form.description.fill(PROBLEM)
    questions.answer(**nonsense)
    form.expect_state("unavailable")
    form.expect_values("", "")


def test_unavailable_after_eight_seconds(desk, stopped, page, questions):
    form = SubmitForm(page).open()
    stopped.pause_at(10_000)
    form.description.fill(PROBLEM)
    stopped.run_for(700)
    questions.wait_for(1)
    stopped.run_for(7_999)
    form.expect_state("thinking")
    stopped.run_for(1)
    form.expect_state("unavailable")


def test_it_recovers_with_the_next_words(desk, form, questions):
    desk.tolerate("status of 500")
    form.description.fill(PROBLEM)
    questions.answer(status=500)
    form.expect_state("unavailable")
    form.description.fill(OTHER_PROBLEM)
    questions.answer(2, suggested_category="technical")
    form.expect_state("suggested")
    form.expect_values("technical", "high")


def test_a_text_that_was_answered_is_not_sent_again(form, questions):
    form.description.fill(PROBLEM)
    questions.answer()
    form.expect_state("suggested")
    form.description.fill(PROBLEM + " It")
    form.description.fill(PROBLEM)
    form.expect_state("suggested")
    assert len(questions.routes) == 1


def test_result_and_failure_are_read_out(form, questions, page):
    spoken = page.locator("form > p[role=status]")
    form.description.fill(PROBLEM)
    expect(spoken).to_have_text("")
    questions.answer()
    expect(spoken).to_have_text("We suggest: Billing, High")


def test_an_answer_is_shown_as_text(form, questions):
    form.description.fill(PROBLEM)
    evil = "<img src=x>"
    evidence = {"category": [ANSWER["evidence"]["category"][0] | {"text": evil}]}
    questions.answer(evidence=evidence)
    expect(form.panel).to_contain_text(evil)
    assert form.panel.locator("img").count() == 0


def test_an_agent_is_shown_similar_tickets(desk):
    known = TicketFactory(title="Invoice charged twice")
    window = desk.agent()
    form = SubmitForm(window).open()
    form.description.fill(PROBLEM)
    link = window.get_by_role("complementary", name="Similar tickets").get_by_role("link")
    expect(link).to_have_text(known.title)
    expect(link).to_have_attribute("href", known.get_absolute_url())


@pytest.mark.parametrize("other", ["zz", OTHER_PROBLEM])
def test_similar_tickets_go_with_the_text_that_they_were_for(desk, other):
    TicketFactory(title="Invoice charged twice")
    window = desk.agent()
    form = SubmitForm(window).open()
    form.description.fill(PROBLEM)
    similar = window.locator("#similar")
    expect(similar).to_contain_text("Similar tickets")
    if other == OTHER_PROBLEM:  # where nobody can say what is similar to it
        desk.tolerate("ERR_")
        window.route("**/tickets/similar/*", lambda route: route.abort())
    form.description.fill(other)
    expect(similar).to_be_empty()
