"""Create the queue and an agent who is signed in; print the session's key as JSON."""

import json
import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.peer_helpdesk.settings")
django.setup()

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from helpdesk.models import Queue  # noqa: E402

queue, _ = Queue.objects.get_or_create(slug="support", defaults={"title": "Support"})
user, _ = User.objects.get_or_create(username="agent", defaults={"is_staff": True})
user.is_superuser = True
user.save()
session = SessionStore()
session[SESSION_KEY] = str(user.pk)
session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
session[HASH_SESSION_KEY] = user.get_session_auth_hash()
session.create()
print(json.dumps({"session": session.session_key, "queue": queue.pk}))
