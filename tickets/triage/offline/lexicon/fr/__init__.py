"""French, one file a topic. The notation is explained in `lexicon/__init__.py`."""

from . import account, billing, general, sentiment, technical, urgency

STOPWORDS = """
le la les des une un et est je vous nous ne pas que qui dans pour sur avec mon ma mes notre nos
votre vos ce cette ces il elle au aux du en par plus mais ou si bonjour merci suis avons avez
depuis être sont été comment pourquoi quand très bien cher chère ai ont fait sans j l d n qu c de
me se y leur cela ça
"""

NEGATIONS = "pas ne n jamais aucun aucune sans ni rien non guère nullement"

CATEGORY = {
    "billing": billing.PATTERNS,
    "technical": technical.PATTERNS,
    "account": account.PATTERNS,
    "general": general.PATTERNS,
}
URGENCY = urgency.PATTERNS
SENTIMENT = sentiment.PATTERNS
