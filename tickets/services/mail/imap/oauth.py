"""Access tokens for mailboxes, as Microsoft 365 and Google ask for."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from ....models.incoming import Mailbox
from ....triage import config
from ....triage.providers.base import ProviderError
from ....triage.providers.transport import Transport
from .problems import MailboxProblem, quoted

TOKEN_SECONDS = 15


def access_token(mailbox: Mailbox) -> str:
    """Return a new access token, within TOKEN_SECONDS. Raise MailboxProblem if there is none.

    The mailbox's refresh token stands for a person's consent. Without one, the desk asks for
    itself (client credentials). A new refresh token replaces the old one, which may expire.
    """
    parameters = {
        "client_id": mailbox.oauth_client_id,
        "client_secret": mailbox.oauth_client_secret,
        "scope": mailbox.oauth_scope,
        "refresh_token": mailbox.oauth_refresh_token,
        "grant_type": "refresh_token" if mailbox.oauth_refresh_token else "client_credentials",
    }
    body = urlencode({name: value for name, value in parameters.items() if value}).encode()
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Accept": "application/json",
    }
    try:
        response = Transport(config.from_settings().proxies).post(
            mailbox.oauth_token_url, headers, body, TOKEN_SECONDS
        )
    except ProviderError as error:
        why = "did not answer in time" if error.reason == "deadline" else "cannot be reached"
        raise MailboxProblem(f"The token address {mailbox.oauth_token_url} {why}.") from None
    answer = response.error()  # what stands in the body, whatever the status
    token = answer.get("access_token")
    if response.status != 200 or not isinstance(token, str):
        raise MailboxProblem(_refusal(mailbox, response.status, answer), is_refused=True)
    _keep(mailbox, answer.get("refresh_token"))
    return token


def _keep(mailbox: Mailbox, refresh_token: Any) -> None:
    if mailbox.oauth_refresh_token and refresh_token and isinstance(refresh_token, str):
        mailbox.oauth_refresh_token = refresh_token
        Mailbox.objects.filter(pk=mailbox.pk).update(oauth_refresh_token=refresh_token)


def _refusal(mailbox: Mailbox, status: int, answer: dict[str, Any]) -> str:
    reason = str(answer.get("error_description") or answer.get("error") or f"status {status}")
    return f"The token address refused: {quoted(reason.splitlines()[0], mailbox)}"
