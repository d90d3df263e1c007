"""Portuguese, one file a topic. The notation is explained in `lexicon/__init__.py`."""

from . import account, billing, general, sentiment, technical, urgency

STOPWORDS = """
o os uma um e é não que em por para com meu minha meus minhas seu sua nosso nossa do da dos das ao
na no nos nas se me lhe está estou estão tenho temos mas como muito mais desde quando olá obrigado
obrigada você vocês este esta isso isto sem sobre também já eu ou foi ser caro prezado pelo pela
de nós pra
"""

NEGATIONS = "não nunca jamais nenhum nenhuma sem nem nada tampouco"

CATEGORY = {
    "billing": billing.PATTERNS,
    "technical": technical.PATTERNS,
    "account": account.PATTERNS,
    "general": general.PATTERNS,
}
URGENCY = urgency.PATTERNS
SENTIMENT = sentiment.PATTERNS
