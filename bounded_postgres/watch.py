"""What a process knows of a server: whether it is ready, gives no connection, or is silent.

Once a server has not answered in time, asking it again would only keep threads waiting. So nobody
asks until a thread of its own has got an answer. One that is full does answer, but refuses:
whoever has a connection uses it, and others wait for one only briefly.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from enum import Enum

from .connection import NoAnswer

logger = logging.getLogger(__name__)
PAUSE = 0.3  # seconds between two attempts


class State(Enum):
    READY = "the database answers again"
    FULL = "the database gives no connection"
    SILENT = "the database does not answer"


class Watch:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.state = State.READY

    def require(self) -> None:
        """Raise NoAnswer while the server is silent."""
        if self.state is State.SILENT:
            raise NoAnswer("the database does not answer, and is asked again when it does")

    def note_silence(self, ask: Callable[[], State]) -> None:
        """Let nobody ask the server until `ask`, which a thread calls again and again, is READY.

        `ask` asks the server how it is, and returns in bounded time.
        """
        with self._lock:
            if self.state is not State.READY:
                return  # it is being asked
            self._enter(State.SILENT)
        threading.Thread(target=self._wait, args=[ask], name="watch", daemon=True).start()

    def _enter(self, state: State) -> None:
        if state is not self.state:
            self.state = state
            log = logger.warning if state is State.READY else logger.error
            log(state.value)

    def _wait(self, ask: Callable[[], State]) -> None:
        pause = threading.Event()
        try:
            while (state := ask()) is not State.READY:
                self._enter(state)
                pause.wait(PAUSE)
        finally:
            self._enter(State.READY)
