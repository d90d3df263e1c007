"""Background jobs: thin, repeatable without harm, each calls one service."""

import logging
from collections.abc import Collection

from procrastinate import BaseRetryStrategy, JobContext, RetryDecision, RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job, Status

from . import services
from .models import TRIAGED

logger = logging.getLogger(__name__)


class NoAnswer(Exception):
    """Makes the queue try again later."""


TRIES = 4


@app.task(
    queue="triage",
    retry=RetryStrategy(max_attempts=TRIES - 1, exponential_wait=5),
    pass_context=True,
)
def triage_ticket(
    context: JobContext, ticket_id: int, text_digest: str, names: Collection[str] = TRIAGED
) -> None:
    """Ask the model about a ticket whose text was `text_digest` when the job was made.

    A model that gives no answer is asked again after some 5, 25 and 125 seconds; the offline
    values stand meanwhile, and for good when it stays silent.
    """
    if not services.triage_by_model(ticket_id, text_digest, names):
        _again(context, f"The model gave no whole answer about ticket {ticket_id}.")


def _again(context: JobContext, words: str) -> None:
    """Have the job run again; the last time it ends, since nobody can do anything about it."""
    if context.job.attempts < TRIES - 1:  # the first one counts as none
        raise NoAnswer(words)
    logger.warning("%s It is not asked again.", words)


@app.task(
    queue="triage",
    retry=RetryStrategy(max_attempts=TRIES - 1, exponential_wait=5),
    pass_context=True,
)
def shadow_triage(context: JobContext, ticket_id: int, text_digest: str) -> None:
    """Ask TRIAGE_SHADOW's source about a ticket, for the ledger alone."""
    if not services.triage_by_shadow(ticket_id, text_digest):
        _again(context, f"The shadow gave no whole answer about ticket {ticket_id}.")


class MailRetry(BaseRetryStrategy):
    """Soon at first, in case a mail server only starts again; then for some hours."""

    waits = (15, 60, 300, 900, 1800, 3600, 7200, 14_400)  # seconds

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if job.attempts >= len(self.waits):
            return None
        return RetryDecision(retry_in={"seconds": self.waits[job.attempts]})


@app.task(queue="mail", retry=MailRetry(), pass_context=True)
def send_email(context: JobContext, email_id: int, ticket_id: int) -> None:
    """Send a message to a requester once; try again while it is known not to be sent."""
    last_try = context.job.attempts >= len(MailRetry.waits)
    if not services.send_email(email_id, last_try=last_try):
        raise NoAnswer(f"The message about ticket {ticket_id} could not be sent yet.")


@app.task(queue="learning", lock="learn", retry=RetryStrategy(max_attempts=3, exponential_wait=5))
def learn(lesson_id: int) -> None:
    """Learn what a person decided, one lesson at a time."""
    services.learn(lesson_id)


@app.periodic(cron="37 * * * *")
@app.task(queue="learning", lock="learn", queueing_lock="refit")
def refit(timestamp: int, only_if_needed: bool = True) -> None:
    """Learn anew from the latest lessons, once an hour, when there are new ones."""
    services.refit(only_if_needed=only_if_needed)


@app.periodic(cron="17 * * * *")
@app.task(queue="housekeeping", queueing_lock="purge")
def purge(timestamp: int) -> None:
    """Delete what has served its time, once an hour."""
    services.purge()


@app.periodic(cron="* * * * *")
@app.task(queue="housekeeping", queueing_lock="retry_stalled", pass_context=True)
async def retry_stalled(context: JobContext, timestamp: int) -> None:
    """Give the jobs of workers that were killed to others, once a minute.

    A worker's heartbeat tells that it lives; without one for 30 s it is taken for dead.
    """
    jobs = context.app.job_manager
    for job in await jobs.get_stalled_jobs():
        try:
            await jobs.retry_job(job)
        except ConnectorException:
            # Its successor waits already under the same queueing lock, and needs its lock.
            assert job.id is not None
            await jobs.finish_job_by_id_async(job.id, Status.FAILED, delete_job=True)
