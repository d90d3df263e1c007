"""`manage.py fit_triage` writes the heads of every encoder."""

import io

from django.core.management import call_command

from tickets.triage.offline import fitting
from tickets.triage.offline.encoders import heads
from tickets.triage.offline.encoders.heads import WIDTH, Heads


def test_it_writes_the_heads_of_every_encoder(tmp_path, monkeypatch):
    fitted = Heads([30.0, 50.0, 70.0], [], [[0.0] * WIDTH] * 3, [], [], [])
    monkeypatch.setattr(fitting, "fit", lambda name: fitted)  # takes half a minute
    monkeypatch.setattr(heads, "FOLDER", tmp_path)
    out = io.StringIO()
    call_command("fit_triage", stdout=out)
    for name in fitting.INPUTS:
        assert heads.load(name) == fitted
        assert f"{name}: 3 rows, borders at 30.0, 50.0, 70.0." in out.getvalue()
