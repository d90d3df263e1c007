"""The map of shortcuts: the page's help names the action that each key starts."""

import pytest

from tickets.tests.factories import TicketFactory


@pytest.mark.parametrize("path", ["/tickets/", "/tickets/{}/", "/tickets/review/"])
def test_each_key_of_the_help_starts_an_action_of_the_page(desk, transactional_db, path):
    """A key whose action the page's script lacks is an error in the console, which fails `desk`."""
    ticket = TicketFactory(category_confidence=0.3, priority_confidence=0.3)
    window = desk.agent()
    window.goto(path.format(ticket.pk))
    keys = window.locator("kbd[data-action]").all_text_contents()
    assert {"z", "?"} < set(keys)
    # Those that leave the page or open the help come last.
    for key in sorted(keys, key=lambda name: (name in ("u", "?"), name)):
        window.evaluate("document.activeElement.blur()")
        window.keyboard.press(key)
