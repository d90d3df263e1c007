"""The desk's words: every enumeration with its labels, the groups of statuses, every limit.

A leaf: it imports nothing of the desk, and every other module may import it.
"""

from __future__ import annotations

from datetime import timedelta

from django.db.models.enums import TextChoices


class Category(TextChoices):
    BILLING = "billing"
    TECHNICAL = "technical"
    ACCOUNT = "account"
    GENERAL = "general"


class Priority(TextChoices):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Status(TextChoices):
    OPEN = "open"
    IN_PROGRESS = "in_progress", "In progress"
    RESOLVED = "resolved"
    CLOSED = "closed"


class Sentiment(TextChoices):
    CALM = "calm"
    NEUTRAL = "neutral"
    FRUSTRATED = "frustrated"
    ANGRY = "angry"


class Language(TextChoices):
    """The languages of public pages and of emails to requesters, by their own names.

    Each has a lexicon and, but for English, a catalogue (`tickets/locale/`). The order matters:
    when two languages have a pattern of equal weight in their lexicons, the earlier one wins.
    """

    EN = "en", "English"
    DE = "de", "Deutsch"
    FR = "fr", "Français"
    ES = "es", "Español"
    PT = "pt", "Português"


class WaitingFor(TextChoices):
    """Whose turn it is on an unfinished ticket."""

    US = "us"
    REQUESTER = "requester", "them"


class Sort(TextChoices):
    """The orders of the ticket list."""

    NEWEST = "newest"
    OLDEST = "oldest"
    LONGEST_WAITING = "longest_waiting", "Longest waiting"
    LAST_ACTIVITY = "last_activity", "Last activity"
    PRIORITY = "priority"
    URGENCY = "urgency"
    RELEVANCE = "relevance"  # with a search


class Separator(TextChoices):
    """What stands between the cells of a CSV export."""

    COMMA = "comma"
    SEMICOLON = "semicolon"


class Source(TextChoices):
    """Who decided a value."""

    HUMAN = "human"
    LLM = "llm", "model"
    OFFLINE = "offline"
    DEFAULT = "default"


class Scope(TextChoices):
    """What an API token, or an account, may do."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"
    MAIL = "mail"  # deliver messages, and nothing else


class AuthorRole(TextChoices):
    AGENT = "agent"
    REQUESTER = "requester"


class PredictedField(TextChoices):
    """What triage predicts about a ticket."""

    CATEGORY = "category"
    PRIORITY = "priority"
    SENTIMENT = "sentiment"
    URGENCY = "urgency"


class LearnedField(TextChoices):
    """What agents decide and the offline classifier learns."""

    CATEGORY = "category"
    PRIORITY = "priority"


class PredictionUse(TextChoices):
    """What became of a prediction."""

    SHOWN = "shown", "shown while typing"
    APPLIED = "applied", "applied to the ticket"
    SHADOW = "shadow", "recorded only"


class MailKind(TextChoices):
    """Why somebody gets an email: a requester, and from NOTICE on an agent."""

    RECEIVED = "received", "ticket received"
    REPLY = "reply", "public reply"
    RESOLVED = "resolved", "ticket resolved"
    LINK = "link", "private link"
    LINKS = "links", "private links of all tickets"
    CONFIRM = "confirm", "confirmation of a new address"
    MOVED = "moved", "notice to the old address"
    NOTICE = "notice", "notice to an agent"
    DIGEST = "digest", "digest for an agent"
    INVITATION = "invitation", "invitation of an agent"
    RESET = "reset", "reset of a password"


class MailState(TextChoices):
    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"  # a mail server took it
    PRINTED = "printed", "printed: no mail server is set up"
    HELD = "held", "held until an agent answers"
    BOUNCED = "bounced", "came back: not delivered"
    FAILED = "failed", "refused by the mail server"
    UNCERTAIN = "uncertain", "possibly sent: the mail server did not answer"
    DROPPED = "dropped", "not sent: no longer needed"


class MailSecurity(TextChoices):
    """How a connection to a mail server is encrypted."""

    TLS = "tls", "TLS from the start"
    STARTTLS = "starttls", "STARTTLS"
    NONE = "none", "not encrypted"


class MailSignIn(TextChoices):
    """How the desk signs in to a mailbox."""

    PASSWORD = "password"  # noqa: S105  # nosec B105  # the name of a way to sign in
    OAUTH = "oauth", "OAuth 2.0"


class AfterFetch(TextChoices):
    """What becomes of a message on the server once the desk has stored it."""

    FLAG = "flag", "mark as read"
    MOVE = "move", "move to a folder"


class InboundState(TextChoices):
    """How far the desk is with a message that came by mail."""

    STORED = "stored", "waiting to be read"
    HANDLED = "handled"
    HELD = "held", "waiting for an agent's decision"
    DISCARDED = "discarded", "discarded by an agent"
    IGNORED = "ignored", "our own, or a copy"
    FAILED = "failed", "could not be read"


class InboundKind(TextChoices):
    """What a message that came by mail is."""

    WRITTEN = "written", "written by a person"
    AUTOMATIC = "automatic", "an automatic message"
    BOUNCE = "bounce"
    OWN = "own", "our own mail seen again"
    COPY = "copy", "the same message in another mailbox"


class ThreadRule(TextChoices):
    """By what a message was joined to its ticket."""

    ADDRESS = "address", "the signed address"
    IN_REPLY_TO = "in_reply_to", "In-Reply-To"
    REFERENCES = "references", "References"
    SUBJECT = "subject", "the number in the subject"
    SAME_MESSAGE = "same_message", "its copy in another mailbox"
    BOUNCE = "bounce", "the message that came back"
    NEW = "new", "nothing: it opened the ticket"


class Sender(TextChoices):
    """Who wrote a message, as the ticket sees them."""

    REQUESTER = "requester"
    PARTICIPANT = "participant"
    AGENT = "agent"
    OTHER = "other", "somebody else"


class Verified(TextChoices):
    """What our mail server says about the sender's address."""

    VERIFIED = "verified"
    NOT_VERIFIED = "not_verified", "not verified"
    FAILED = "failed", "failed: possibly forged"


class BounceKind(TextChoices):
    """By the class of the code: trying again is of no use (5), or may be (4)."""

    HARD = "hard", "cannot be delivered"
    SOFT = "soft", "not delivered for now"
    COMPLAINT = "complaint", "reported as spam"


class ScanState(TextChoices):
    """What the scanner said about a file."""

    NOT_NEEDED = "not_needed", "no scanner is set up"
    WAITING = "waiting", "waiting for the scanner"
    CLEAN = "clean"
    REFUSED = "refused", "refused by the scanner"


class NotificationKind(TextChoices):
    """What an agent is told about."""

    ASSIGNED = "assigned"
    ANSWER = "answer"
    MENTION = "mention"
    UNASSIGNED = "unassigned"
    LEAVER = "leaver", "tickets of a leaver"


class NotificationChoice(TextChoices):
    """When an agent wants to be told about something."""

    OFF = "off", "No email"
    AT_ONCE = "at_once", "At once"
    HOURLY = "hourly", "In an hourly digest"


class FactorKind(TextChoices):
    """What somebody signs in with besides the password."""

    APP = "app", "authenticator app"
    PASSKEY = "passkey"


class AuditEvent(TextChoices):
    """What an entry of the audit trail is about."""

    CREATED = "created"
    CHANGED = "changed"
    DELETED = "deleted"
    COMMENT_CREATED = "comment created"
    COMMENT_CHANGED = "comment changed"
    COMMENT_DELETED = "comment deleted"
    FILE_ATTACHED = "file attached"
    LINK_SENT = "link sent"
    LINK_REVOKED = "link revoked"
    MERGED = "merged"
    UNMERGED = "unmerged"
    LINKED = "linked"
    UNLINKED = "unlinked"
    SPLIT = "split"
    ADDRESS_BLOCKED = "address blocked"
    ADDRESS_UNBLOCKED = "address unblocked"
    PARTICIPANT_ADDED = "participant added"
    PARTICIPANT_CHANGED = "participant changed"
    PARTICIPANT_REMOVED = "participant removed"
    MESSAGE_HELD = "message held"
    MESSAGE_DISCARDED = "message discarded"
    MAIL_RETURNED = "mail returned"
    ERASED = "erased"
    REDACTED = "redacted"


class ErasureKind(TextChoices):
    """What became of texts and addresses of a ticket."""

    DELETED = "deleted"  # with the ticket
    ERASED = "erased"  # all of them, and the ticket stays
    REDACTED = "redacted"  # some of them


class SecurityEvent(TextChoices):
    """What a line of the security log is about."""

    SIGNED_IN = "signed_in"
    SIGNED_OUT = "signed_out"
    SIGN_IN_FAILED = "sign_in_failed"
    ACCOUNT_LOCKED = "account_locked"
    LOCK_LIFTED = "lock_lifted"
    IDENTITY_CONNECTED = "identity_connected"
    IDENTITY_REMOVED = "identity_removed"
    FACTOR_ADDED = "factor_added"
    FACTOR_REMOVED = "factor_removed"
    RECOVERY_CODES_MADE = "recovery_codes_made"
    RECOVERY_CODE_USED = "recovery_code_used"
    ACCOUNT_CREATED = "account_created"
    ACCOUNT_CHANGED = "account_changed"
    ACCOUNT_DELETED = "account_deleted"
    PASSWORD_SET = "password_set"  # noqa: S105  # nosec B105  # no password
    PASSWORD_CHANGED = "password_changed"  # noqa: S105  # nosec B105  # no password
    PASSWORD_RESET = "password_reset"  # noqa: S105  # nosec B105  # no password
    RESET_REQUESTED = "reset_requested"
    SESSIONS_ENDED = "sessions_ended"
    GROUP_CHANGED = "group_changed"
    TOKEN_CREATED = "token_created"  # noqa: S105  # nosec B105  # no token
    TOKEN_REVOKED = "token_revoked"  # noqa: S105  # nosec B105  # no token
    TOKEN_REFUSED = "token_refused"  # noqa: S105  # nosec B105  # no token
    FORBIDDEN = "forbidden"
    RATE_LIMITED = "rate_limited"
    EXPORTED = "exported"
    LINK_OPENED = "link_opened"
    PERSON_EXPORTED = "person_exported"
    PERSON_ERASED = "person_erased"


# What stands where a text was that is gone for good.
ERASED_TEXT, REDACTED_TEXT = "[erased]", "[redacted]"


# --- groups ----------------------------------------------------------------------------

ACTIVE_STATUSES = (Status.OPEN, Status.IN_PROGRESS)
FINISHED_STATUSES = (Status.RESOLVED, Status.CLOSED)
# Each has a source and a confidence. Sentiment and urgency are scored together: the sentiment's
# source and confidence stand for both.
TRIAGE_FIELDS = ("category", "priority", "sentiment")
# What a person may set on a ticket. Triage alone sets sentiment and urgency.
WRITABLE_FIELDS = (
    *("title", "description", "category", "priority", "status"),
    *("requester_email", "assignee", "snoozed_until", "spam"),
)
ENUMERATED_FIELDS = ("category", "priority", "status")
TEXT_FIELDS = ("title", "description")

# What each agent chooses, as columns of the profile, with the default. Who is told about new
# unassigned tickets is told about those that a leaver leaves behind, too.
NOTIFICATION_DEFAULTS = {
    "notify_assigned": NotificationChoice.AT_ONCE,
    "notify_answer": NotificationChoice.AT_ONCE,
    "notify_mention": NotificationChoice.AT_ONCE,
    "notify_unassigned": NotificationChoice.OFF,
}
# What agents choose about their own account, and admins for them.
PROFILE_FIELDS = ("display_name", "signature", *NOTIFICATION_DEFAULTS)

THEMES = ("light", "dark", "system")

AGENTS_GROUP, ADMINS_GROUP = "agents", "admins"
# These stand for an assignee in filters and searches, so no account may have such a name.
RESERVED_USERNAMES = frozenset({"me", "none", "nobody"})

CATEGORIES, PRIORITIES = tuple(Category.values), tuple(Priority.values)
SENTIMENTS, SOURCES = tuple(Sentiment.values), tuple(Source.values)
PREDICTED_FIELDS = tuple(PredictedField.values)
LEARNED_FIELDS = tuple(LearnedField.values)

# --- triage ----------------------------------------------------------------------------

# What a ticket gets if neither a person nor triage has decided.
DEFAULT_CATEGORY, DEFAULT_PRIORITY = Category.GENERAL, Priority.MEDIUM
DEFAULT_SENTIMENT, DEFAULT_URGENCY = Sentiment.NEUTRAL, 50  # urgency is 0..100
CONFIDENT_FROM = 0.8  # reports count predictions with at least this confidence separately
REVIEW_BELOW_CONFIDENCE = 0.6  # predictions with less confidence go to the review queue
CALIBRATION_BINS = 10  # equal ranges of confidence, each compared with its accuracy

# --- limits ----------------------------------------------------------------------------

MAX_TITLE_CHARS = 200
MAX_TEXT_CHARS = 20_000  # of a description, a reply or a note
MAX_EMAIL_CHARS = 254
MAX_USERNAME_CHARS = 150
MAX_PASSWORD_CHARS = 1000
MAX_BROWSER_CHARS = 300  # of the name by which a browser calls itself
MAX_FACTOR_NAME_CHARS = 60
MAX_FACTORS = 10  # per account
RECOVERY_CODES = 10  # per account
SECOND_STEP_LIFETIME = timedelta(minutes=10)  # between the password and the second factor
MAX_CODES_PER_QUARTER, MAX_CODES_PER_DAY = 10, 50  # tries per account
RESET_LIFETIME = timedelta(hours=1)  # of a link that sets a forgotten password
MAX_RESET_MAILS_PER_HOUR = 3  # per mailbox
MAX_RESET_REQUESTS_PER_MINUTE = 5  # per client address
MAX_DISPLAY_NAME_CHARS = 60
MAX_SIGNATURE_CHARS = 500
DEFAULT_SUGGESTED_TITLE, MAX_SUGGESTED_TITLE_CHARS = "Support request", 80
MAX_VIEW_NAME_CHARS = 60
MAX_VIEW_QUERY_CHARS = 2000
MAX_SAVED_VIEWS = 50  # per owner
MAX_REPLY_NAME_CHARS = 80  # of a saved reply
MAX_SAVED_REPLIES = 300  # per owner
MAX_TOKEN_NAME_CHARS = 100
MAX_TOKEN_DAYS = 3650  # a token that must live longer has no expiry
MAX_SEARCH_CHARS = 200
MAX_RANKED = 1000  # matches of a search that are sorted by relevance, the newest ones
DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE = 100, 500  # tickets per page of the API
MAX_BULK_TICKETS = 500  # tickets that one request may change
# Strangers choose where these two go.
MAX_ADDRESS_CHECKS_PER_DAY = 3  # per address, and per ticket
ADDRESS_CHECK_LIFETIME = timedelta(hours=24)
MAX_LINK_MAILS_PER_HOUR = 3  # per address
MAX_LINK_REQUESTS_PER_MINUTE = 5  # per client address
MAX_REPLIES_PER_DAY = 100  # per ticket, by its private link
MAX_LINKS, RECENT_TICKETS = 20, timedelta(days=90)  # the tickets whose links one email has
STATS_DAYS = 30
MAX_AUTOMATIC_MAILS_PER_HOUR = 5  # per address, since strangers choose it
MIN_CLIENT_CONFIRMATIONS = 5  # per hour and client network, however few the desk sends
MIN_FORM_SECONDS = 3  # nobody fills in the public form in less
MAX_REOPENINGS_PER_HOUR = 3  # per ticket, by mail
MAX_MAILED_TICKETS_PER_HOUR = 20  # per address; past it, messages are held
MAX_PARTICIPANTS = 20  # per ticket
MAX_REFERENCES = 20  # of our mail
MAX_MAILBOX_NAME_CHARS = 60
MAX_MESSAGE_ID_CHARS = 500  # more of it is cut, so that an index holds it
MAX_FILE_NAME_BYTES = 200
MAX_FILES_PER_MESSAGE = 20
EARLIER_FILE_LIFETIME = timedelta(days=1)  # a stored file that nothing is attached to, for a form
MAX_THUMBNAIL_PIXELS = 50_000_000  # of the image; half of it where a pixel takes more memory
MAX_WEBP_PIXELS = 12_500_000  # whose pixels take most
MAX_PIXELS_PER_BYTE = 2000  # of an image with a thumbnail; of smaller ones, as many as there are:
MAX_SMALL_IMAGE_PIXELS = 1_000_000
# Of a message that comes by mail. What goes past is stored, flagged, and not read.
MAX_MAIL_BYTES = 25 * 1024 * 1024
# Of one that is delivered by the API or LMTP: past MAX_MAIL_BYTES only its headers are stored.
MAX_DELIVERED_BYTES = 2 * MAX_MAIL_BYTES
MAX_MAIL_PARTS = 100
MAX_MAIL_DEPTH = 20  # parts in parts
MAX_MAIL_HEADER_LINES = 2000  # per block of headers
MAX_MAIL_HEADER_CHARS = 100_000  # of one header

MAX_FEEDBACK = 2000  # what the classifier is retrained from
IDEMPOTENCY_KEY_LIFETIME = timedelta(days=1)
MERGE_UNDO_DAYS = 30

# Text needs at least one of these: no white space, control, zero-width or direction mark, or tag.
# Spelled out, because PostgreSQL's white space depends on the database's locale.
VISIBLE_CHARACTER = (
    r"[^\s\u0001-\u0020\u007f-\u00a0\u00ad\u034f\u061c\u070f\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f"
    r"\u2000-\u200f\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0"
    r"\ufff0-\ufffb\ufffe\uffff\U00013430-\U0001343f\U0001bca0-\U0001bca3"
    r"\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
