"""Run the fake model server in the foreground, for demonstrations and for trying out faults."""

from __future__ import annotations

import signal
import threading
from argparse import ArgumentParser
from contextlib import suppress
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tickets.triage import prompts
from tickets.triage.config import from_settings

DEFAULT_PORT = 8765


class Command(BaseCommand):
    help = (
        "Run a fake language model on 127.0.0.1. Use its address as GEMINI_BASE_URL, or with /v1"
        " appended as any other provider's, such as LLM_BASE_URL. "
        'To choose a fault, write "[[fault:NAME]]" in a ticket, send the header X-Fake-Fault, or '
        'POST {"fault": NAME, "times": N} to /control. GET /log lists the requests.'
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        with suppress(ModuleNotFoundError):
            from tools.fake_llm import KNOWN

            parser.epilog = f"Names of faults: {', '.join(KNOWN)}."
        parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="0 picks a free port")
        parser.add_argument("--hang-seconds", type=float, default=60.0)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            from tools.fake_llm import FakeLLM
        except ModuleNotFoundError:
            raise CommandError(
                "The fake model is not installed here: it is in a checkout's tools/fake_llm/"
                " and not in the Docker image."
            ) from None
        try:
            fake = FakeLLM(options["port"], options["hang_seconds"])
        except OSError as error:
            raise CommandError(f"Port {options['port']} cannot be used: {error}") from error
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: threading.Thread(target=fake.close).start())
        use = "use it as GEMINI_BASE_URL with any key, or with /v1 appended as LLM_BASE_URL."
        self.stdout.write(
            f"Fake model on {fake.url}: {'triage asks it now.' if _is_asked(fake.url) else use}"
        )
        self.stdout.flush()
        fake.serve()


def _is_asked(url: str) -> bool:
    """Return whether triage is configured to ask this server."""
    endpoint = from_settings().endpoint(prompts.CLASSIFY.name)
    return endpoint is not None and endpoint.base_url.startswith(url)
