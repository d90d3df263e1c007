"""Triage of ticket texts: text in, prediction out. Knows no Django model and no request.

`engine` answers the questions. It asks a model through `gateway` and `providers`, or else the
classifier in `offline`. `evaluation` measures how good the answers are.
"""
