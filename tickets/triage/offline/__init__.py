"""Triage without a model: needs no key, no network and no download, and learns from agents.

`classifier` answers, from the lexicon (`reading`, `lexicon`, `prior`) and from what was learned
(`learner`). `title` suggests titles.
"""
