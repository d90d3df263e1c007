"""Whether a function takes linear time on hostile text."""

import time
from collections.abc import Callable

SIZE = 20_000  # characters
MIN_SECONDS = 0.005  # below this, the clock measures noise
MAX_SECONDS = 0.5  # for SIZE characters


def takes_linear_time(function: Callable[[str], object], part: str) -> bool:
    """Compare SIZE characters of the repeated part with twice as many.

    A busy machine may disturb a measurement, so one that holds is enough: quadratic time fails
    each of them.
    """

    def seconds(size: int) -> float:
        text = (part * size)[:size]
        times = []
        for _ in range(5):
            start = time.process_time()
            function(text)
            times.append(time.process_time() - start)
        return min(times)

    def holds() -> bool:
        single, double = seconds(SIZE), seconds(2 * SIZE)
        return double < max(3 * single, MIN_SECONDS) and single < MAX_SECONDS

    seconds(1000)
    return any(holds() for _ in range(5))
