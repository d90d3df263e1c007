"""The pages of the own account: password, second factor, sessions and tokens."""

import re

import pytest
from playwright.sync_api import expect

from tickets.models.identities import ProviderIdentity
from tickets.models.second_factors import SecondFactor
from tickets.models.tokens import ApiToken
from tickets.tests.factories import PASSWORD, AgentFactory, TokenFactory

from .axe import violations_in_both_themes

pytestmark = pytest.mark.django_db(transaction=True)
PAGES = {
    "/account/password/": "Password",
    "/account/second-factor/": "Second factor",
    "/account/second-factor/app/": "Add an authenticator app",
    "/account/second-factor/passkey/": "Add a passkey",
    "/account/sessions/": "Sessions",
    "/account/tokens/": "API tokens",
    "/account/provider/": "Sign-in with Example ID",
    "/account/confirm/": "Confirm your password",
    "/forgotten/": "Forgot your password?",
    "/forgotten/sent/": "Look into your mailbox",
}


@pytest.mark.parametrize("width", [1280, 360])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(desk, settings, width):
    settings.OIDC_ISSUER, settings.OIDC_NAME = "https://id.example.org", "Example ID"
    settings.OIDC_CLIENT_ID = settings.OIDC_CLIENT_SECRET = "desk"
    page = desk.window(viewport={"width": width, "height": 900})
    agent = desk.sign_in(page)
    issuer = settings.OIDC_ISSUER
    ProviderIdentity.objects.create(account=agent, issuer=issuer, subject="0123456789" * 12)
    TokenFactory(user=agent, name="a-name-without-a-space-" * 4)
    for path, title in PAGES.items():
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_have_text(title)
        assert violations_in_both_themes(page) == {}, path
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path


def test_password_sessions_and_tokens_without_scripts(desk):
    maria = AgentFactory(username="maria")
    page = desk.window(java_script_enabled=False)
    other = desk.window(java_script_enabled=False)
    for window in (page, other):
        desk.sign_in(window, maria)
    page.goto("/account/")
    page.get_by_role("link", name="Sessions").click()
    page.get_by_role("button", name="End the session of").click()
    expect(page.locator("#toasts")).to_contain_text("The session has ended.")
    other.goto("/account/")
    expect(other.get_by_role("heading", level=1)).to_have_text("Sign in")

    page.get_by_role("link", name="API tokens").click()
    page.get_by_label("Name").fill("nightly export")
    page.get_by_role("button", name="Create token").click()
    expect(page.locator("#token-secret")).to_contain_text("desk_")
    page.get_by_role("button", name="Revoke").click()
    expect(page.locator("#toasts")).to_contain_text("“nightly export” is revoked.")
    assert ApiToken.objects.get().revoked_at is not None

    page.get_by_role("link", name="Password").click()
    page.get_by_label("Current password").fill(PASSWORD)
    page.get_by_label("New password").fill("another correct horse")
    page.get_by_label("The same password again").fill("another correct horse")
    page.get_by_role("button", name="Change password").click()
    expect(page.locator("#toasts")).to_contain_text("Your password is changed.")


def test_a_passkey_signs_in(desk):
    page = desk.window()
    protocol = page.context.new_cdp_session(page)
    protocol.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    protocol.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    agent = desk.sign_in(page)
    page.goto("/account/second-factor/")
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Name").fill("This laptop")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Recovery codes")
    assert violations_in_both_themes(page) == {}
    page.get_by_role("link", name="I have stored them").click()
    expect(page.locator("main")).to_contain_text("This laptop")
    assert SecondFactor.objects.get().account == agent
    page.get_by_role("button", name="Sign out").click()

    page.goto("/sign-in/")
    page.get_by_label("User name").fill(agent.username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Second factor")
    assert violations_in_both_themes(page) == {}
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(re.compile("/tickets/"))


def test_a_browser_without_a_passkey_says_so(desk):
    page = desk.agent()
    page.goto("/account/second-factor/passkey/")
    page.evaluate("() => { navigator.credentials.create = () => Promise.reject() }")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("The browser made no passkey.")
