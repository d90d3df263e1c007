"""Background jobs: thin, repeatable without harm, each calls one service."""

from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app

from . import services


class NoAnswer(Exception):
    """Makes the queue try again later."""


@app.task(
    queue="triage",
    retry=RetryStrategy(max_attempts=4, exponential_wait=5),
)
def triage_ticket(ticket_id: int, text_digest: str) -> None:
    """Ask the model about a ticket whose text was `text_digest` when the job was made.

    A model that gives no answer is asked again after some 5, 25 and 125 seconds; the offline
    values stand meanwhile, and for good when it stays silent.
    """
    if not services.triage_by_model(ticket_id, text_digest):
        raise NoAnswer(f"The model gave no answer about ticket {ticket_id}.")


@app.task(queue="triage", retry=RetryStrategy(max_attempts=2, exponential_wait=30))
def shadow_triage(ticket_id: int, text_digest: str) -> None:
    """Ask TRIAGE_SHADOW's source about a ticket, for the ledger alone."""
    if not services.triage_by_shadow(ticket_id, text_digest):
        raise NoAnswer(f"The shadow gave no answer about ticket {ticket_id}.")


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
        await jobs.retry_job(job)
