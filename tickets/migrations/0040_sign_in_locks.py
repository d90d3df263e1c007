"""The locks of django-axes as a list of the back office, with permissions of its own."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("tickets", "0039_user_names"),
        ("axes", "0010_accessattemptexpiration"),
    ]
    operations = [
        migrations.CreateModel(
            name="SignInLock",
            fields=[],
            options={
                "verbose_name": "sign-in lock",
                "proxy": True,
                "indexes": [],
                "constraints": [],
            },
            bases=("axes.accessattempt",),
        ),
    ]
