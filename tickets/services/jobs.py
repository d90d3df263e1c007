"""What all background jobs share. Each job is declared beside the service that it runs.

A job that was queued by an earlier release has that release's name and arguments, so a
renamed job keeps its old name as an alias.
"""


class RetryLater(Exception):
    """Make the queue run the job again, after the time that its retry strategy says.

    `seconds` is the shortest time that makes sense, for strategies that look at it.
    """

    def __init__(self, problem: str, seconds: float = 0.0) -> None:
        super().__init__(problem)
        self.seconds = seconds
