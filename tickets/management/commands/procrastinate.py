"""Procrastinate's own command. Its worker also receives mail, and has the threads that look.

It has a second worker for files, unless its options name queues or have it end with the queue.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from django.db import connection
from procrastinate.contrib.django.management.commands import procrastinate

from tickets.checks import refuse_unsafe_settings, warn_of_settings
from tickets.services.conditions.watch import ConditionWatch
from tickets.services.job_workers import run_workers
from tickets.services.mail import lmtp
from tickets.services.mail.imap.receiver import Receiver
from tickets.services.rescue import Rescuer


class Command(procrastinate.Command):
    help = "Run the worker, which also receives mail, or inspect its queue."
    requires_system_checks = ()  # the worker refuses unsafe settings in one line, as web servers do

    def handle(self, *args: Any, **options: Any) -> None:
        options.pop("skip_checks", None)  # `call_command` adds it, and the worker does not know it
        with ExitStack() as stack:
            if options.get("command") == "worker":
                refuse_unsafe_settings()
                warn_of_settings()
                # Not every job is repeated, and a round trip for each costs little.
                connection.settings_dict["CONN_HEALTH_CHECKS"] = True
                if not options.get("queues") and options.get("wait", True):
                    options["func"] = run_workers
                stack.enter_context(lmtp.listening())
                stack.enter_context(Receiver())
                stack.enter_context(Rescuer())
                stack.enter_context(ConditionWatch())
            super().handle(*args, **options)
