"""What can go wrong, in domain terms. Knows nothing about HTTP.

`web/middleware.py` turns each error into a problem document or an error page. What may stand on a
public page is translated, into the language that is active when the error is raised.
"""

from collections.abc import Iterable, Mapping, Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _


class DeskError(Exception):
    """Base of every error that a user may see.

    `detail` is one sentence for people; `errors` maps a field to its messages.
    """

    default_detail: str | Promise = _("Something went wrong.")

    def __init__(
        self, detail: str | Promise = "", *, errors: Mapping[str, Sequence[str]] | None = None
    ) -> None:
        self.detail = str(detail or self.default_detail)
        self.errors = {field: list(messages) for field, messages in (errors or {}).items()}
        super().__init__(self.detail)


class InvalidInput(DeskError):
    """A value breaks a rule of its field."""

    default_detail = "Some values are not valid."


class InvalidJson(DeskError):
    """A body is not one standard JSON object."""

    default_detail = "The body is not a JSON object."


class PayloadTooLarge(DeskError):
    default_detail = "The body is larger than 1 MiB."


class UnsupportedMediaType(DeskError):
    default_detail = "Send the body as application/json."


class AuthenticationRequired(DeskError):
    default_detail = "Sign in as an agent, or send an agent's token."


class PermissionDenied(DeskError):
    default_detail = _("You are not allowed to do this.")


class ProviderRefused(DeskError):
    """The provider of accounts cannot sign somebody in, or says what is not to be believed."""

    default_detail = "The provider could not sign you in. Try again, or sign in with a password."


class NotFound(DeskError):
    default_detail = _("This page does not exist.")


class MethodNotAllowed(DeskError):
    """`allowed` lists the methods that the address supports."""

    def __init__(self, allowed: Sequence[str]) -> None:
        self.allowed = list(allowed)
        methods = {"methods": ", ".join(allowed)}
        super().__init__(gettext("This address supports only %(methods)s.") % methods)


class Conflict(DeskError):
    default_detail = "This Idempotency-Key was used with another body."


class TicketMerged(DeskError):
    """The ticket `ticket_id` cannot be changed: it is part of the ticket `into` now."""

    def __init__(self, ticket_id: int, into: int) -> None:
        self.ticket_id, self.into = ticket_id, into
        super().__init__(f"#{ticket_id} was merged into #{into}.")


class MergeRefused(DeskError):
    """Two tickets cannot become one, or a merge can no longer be undone."""


class OtherRequester(MergeRefused):
    """The tickets are from different addresses. They can only be linked."""

    default_detail = (
        "These tickets are from different requesters, who must not read each other's messages."
        " Link the tickets instead."
    )


class UnknownRequester(MergeRefused):
    """A ticket has no address, so only an agent can know whether both are from one person."""

    default_detail = (
        "One of these tickets has no email address. Confirm that both are from the same person:"
        " whoever has the private link of one will read both."
    )


class StaleVersion(DeskError):
    """Somebody else changed the ticket since the caller read it.

    `fields` names the values in conflict; empty if any change is one.
    """

    default_detail = "The ticket has changed since you read it."

    def __init__(self, detail: str = "", *, fields: Iterable[str] = ()) -> None:
        self.fields = frozenset(fields)
        super().__init__(detail)


class UnreadMessages(DeskError):
    """Somebody else wrote to the requester, or the requester wrote, since the caller read."""

    default_detail = "Somebody wrote while you were writing. Read it, then send again."


class AlreadySent(DeskError):
    """A reply can no longer be taken back."""

    default_detail = "This reply was sent already."


class Unavailable(DeskError):
    """The database is unavailable or not ready."""

    default_detail = _(
        "The database is not available right now. Nothing was lost. Please try again."
    )


class TookTooLong(Unavailable):
    """The database stopped what took longer than it may, or waited too long for somebody else."""

    default_detail = _("This took too long, so it was stopped. Please try again in a moment.")


class StorageUnavailable(Unavailable):
    """Files cannot be stored or read: the disk is full, or the storage is gone."""

    default_detail = _(
        "Files cannot be stored or opened right now. Please try again in a few minutes."
    )


class FileWithheld(DeskError):
    """A file that nobody, or not this caller, may open. The detail says why."""


class RateLimited(DeskError):
    """`retry_after` is the number of seconds to wait."""

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after
        detail = ngettext(
            "Too many requests. Try again in %(seconds)d second.",
            "Too many requests. Try again in %(seconds)d seconds.",
            retry_after,
        )
        super().__init__(detail % {"seconds": retry_after})


class BackupError(Exception):
    """An archive cannot be restored. The message says why, and what to do."""


class RoleError(Exception):
    """The database's roles are not as the desk needs them. The message says what to do."""
