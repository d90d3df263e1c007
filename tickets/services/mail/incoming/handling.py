"""The job that reads stored messages."""

from __future__ import annotations

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app


@app.task(queue="incoming", retry=RetryStrategy(max_attempts=12, exponential_wait=2))
def handle_message(message_id: int) -> None:
    """Read a stored message. Running it twice does no harm."""
