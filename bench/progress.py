"""A bar for each phase of a long benchmark."""

from __future__ import annotations

import time
from typing import TextIO


class Progress:
    """Called with a phase and the part of it that is over, 0..1, it draws the phase's bar."""

    def __init__(self, stream: TextIO) -> None:
        self.stream, self.started, self.phase = stream, time.monotonic(), ""

    def __call__(self, phase: str, share: float) -> None:
        if phase != self.phase:
            if self.phase:
                self.stream.write("\n")
            self.phase, self.started = phase, time.monotonic()
        seconds = time.monotonic() - self.started
        bar = "#" * int(share * 30)
        self.stream.write(f"\r{phase[:46]:<46} [{bar:<30}] {share:4.0%} {seconds:4.0f} s")
        self.stream.flush()

    def close(self) -> None:
        self.stream.write("\n")
