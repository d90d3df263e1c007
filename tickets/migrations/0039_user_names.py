"""No two accounts have names that differ by case only.

Accounts of earlier releases may: the later ones of such names keep them, are left out of the index
by their ids, and go on signing in with the exact name. No new one joins them.
"""

import logging

from django.db import migrations

NAME = "auth_user_username_folded"
# Each name with an older account whose name is the same without case.
DOUBLES = """
SELECT id, username FROM (
    SELECT *, row_number() OVER (PARTITION BY upper(username) ORDER BY id) AS number FROM auth_user
) AS account WHERE number > 1 ORDER BY id
"""


def add_index(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(DOUBLES)
        doubles = cursor.fetchall()
        condition = f" WHERE id NOT IN ({', '.join(str(pk) for pk, _ in doubles)})" if doubles else ""
        cursor.execute(f"CREATE UNIQUE INDEX {NAME} ON auth_user (upper(username)){condition}")
    if doubles:
        names = ", ".join(name for _, name in doubles)
        logging.getLogger(__name__).warning(
            "Other accounts have the same names except for case: rename or delete %s.", names
        )


class Migration(migrations.Migration):
    dependencies = [("tickets", "0038_reset_mail")]
    operations = [
        migrations.RunPython(
            add_index,
            lambda apps, schema_editor: schema_editor.execute(f"DROP INDEX {NAME}"),
        ),
    ]
