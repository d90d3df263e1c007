"""Triage without a model: needs no key, no network and no download, and learns from agents.

`classifier` answers, from what lexicon (`reading`, `lexicon`, `lexicon_scores`) and encoder
(`encoders`) say together (`estimate`) and from the confirmed tickets (`learner`). `evidence` finds
the phrases that the encoder needs. `languages` tells the language of a text, `titles` suggests
titles, and `fitting` fits the encoders to the `examples`.
"""
