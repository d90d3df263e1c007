"""Triage of ticket texts: text in, prediction out. Imports no Django model and sees no request.

`engine` answers the questions. It asks a model through `gateway` and `providers`, or else the
classifier in `offline`. `evaluation` measures how accurate the answers are.
"""
