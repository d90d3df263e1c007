"""What is known of each session of an account, and what ends all of an account's.

Live sessions of earlier releases get their rows, so that they can be ended, too.
"""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.db import migrations, models
from django.utils import timezone

# Whoever writes: the desk, the back office, a command or plain SQL. Also when an account is active
# again: those of an account that was deactivated under an earlier release are still there.
END_SESSIONS = """
CREATE FUNCTION tickets_end_sessions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM django_session USING tickets_signin
        WHERE session_key = session_id AND account_id = NEW.id;
    DELETE FROM tickets_signin WHERE account_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER end_sessions AFTER UPDATE OF is_active, password ON auth_user FOR EACH ROW
    WHEN (OLD.is_active <> NEW.is_active OR OLD.password <> NEW.password)
    EXECUTE FUNCTION tickets_end_sessions();
"""
LET_SESSIONS = """
DROP TRIGGER end_sessions ON auth_user;
DROP FUNCTION tickets_end_sessions();
"""
BATCH = 500


def note_sessions(apps, schema_editor):
    Session, User = apps.get_model("sessions", "Session"), apps.get_model("auth", "User")
    SignIn = apps.get_model("tickets", "SignIn")
    accounts = set(User.objects.values_list("pk", flat=True))
    store, rows = SessionStore(), []
    for session in Session.objects.filter(expire_date__gt=timezone.now()).iterator():
        account = int(store.decode(session.session_data).get("_auth_user_id", 0))
        if account in accounts:
            rows.append(SignIn(session_id=session.session_key, account_id=account))
    SignIn.objects.bulk_create(rows, BATCH)


class Migration(migrations.Migration):
    dependencies = [
        ("tickets", "0036_erasures"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("sessions", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.CreateModel(
            name="SignIn",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("browser", models.CharField(blank=True, max_length=300)),
                ("address", models.CharField(blank=True, max_length=45)),
                ("signed_in_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("seen_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("confirmed_at", models.DateTimeField(null=True)),
                ("account", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="sign_ins", to=settings.AUTH_USER_MODEL)),
                ("session", models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name="sign_in", to="sessions.session")),
            ],
        ),
        migrations.RunPython(note_sessions, migrations.RunPython.noop),
        migrations.RunSQL(END_SESSIONS, LET_SESSIONS),
    ]
