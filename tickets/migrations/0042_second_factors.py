"""Authenticator apps, passkeys and recovery codes of accounts."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import tickets.models.encrypted


class Migration(migrations.Migration):
    dependencies = [
        ("tickets", "0041_emptied_events"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.AddField(
            model_name="signin",
            name="has_second_factor",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.CreateModel(
            name="SecondFactor",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(choices=[("app", "authenticator app"), ("passkey", "Passkey")], max_length=10)),
                ("name", models.CharField(max_length=60)),
                ("secret", tickets.models.encrypted.EncryptedField()),
                ("last_step", models.BigIntegerField(default=0)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("last_used_at", models.DateTimeField(null=True)),
                ("account", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="second_factors", to=settings.AUTH_USER_MODEL)),
            ],
            options={"verbose_name": "second factor"},
        ),
        migrations.CreateModel(
            name="RecoveryCode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(max_length=64)),
                ("account", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="recovery_codes", to=settings.AUTH_USER_MODEL)),
            ],
            options={"verbose_name": "recovery code"},
        ),
        migrations.AddConstraint(
            model_name="secondfactor",
            constraint=models.CheckConstraint(condition=models.Q(("kind__in", ["app", "passkey"])), name="secondfactor_kind_known"),
        ),
        migrations.AddConstraint(
            model_name="secondfactor",
            constraint=models.CheckConstraint(condition=models.Q(("name__length__lte", 60), ("name__regex", '[^\\s\\u0001-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u061c\\u070f\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb\\ufffe\\uffff\\U00013430-\\U0001343f\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a\\U000e0000-\\U000e0fff]')), name="secondfactor_name_visible"),
        ),
        migrations.AddConstraint(
            model_name="recoverycode",
            constraint=models.UniqueConstraint(fields=("account", "digest"), name="recoverycode_once"),
        ),
    ]
