"""Triage without a model: needs no key, no network and no download, and learns from agents.

`classifier` answers, from the lexicon (`lexicon`, `reading`, `prior`) and from what was learned
(`learner`, kept up to date by `store`). `title` suggests titles.
"""
