"""Threads that look at something every few seconds beside the worker's jobs."""

from __future__ import annotations

import logging
import threading
from typing import Any, Self

from django.db import connection

LOOK_SECONDS = 5
STOP_SECONDS = 5  # how long the end of the worker waits


class Lookout:
    """Looks every `pause` seconds until it is stopped, whatever goes wrong.

    A subclass has `look`, and in `failure` the sentence that is logged when it begins to fail.
    """

    failure: str
    pause: float = LOOK_SECONDS
    first_pause: float = 0  # seconds before the first look

    def __init__(self) -> None:
        self._stopping = threading.Event()
        name = type(self).__name__.lower()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def look(self) -> object:
        raise NotImplementedError

    def start(self) -> None:
        """Begin, for as long as the process runs."""
        self._thread.start()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: Any) -> None:
        """Stop within STOP_SECONDS. A thread that hangs ends with the process."""
        self._stopping.set()
        self._thread.join(STOP_SECONDS)

    def _run(self) -> None:
        is_failing = False
        self._stopping.wait(self.first_pause)
        while not self._stopping.is_set():
            try:
                self.look()
                is_failing = False
            except Exception:
                if not is_failing:  # once, not every five seconds
                    logging.getLogger(type(self).__module__).exception(self.failure)
                is_failing = True
            finally:
                connection.close()
            self._stopping.wait(self.pause)
