"""German, one file a topic. The notation is explained in `lexicon/__init__.py`."""

from . import account, billing, general, sentiment, technical, urgency

STOPWORDS = """
der die das und ist ich nicht ein eine einen einem einer mit auf für von zu im den dem des sie wir
es auch als bei nach wie kann haben habe hat wird werden mein meine meinen meiner unser unsere
sich aber noch nur oder wenn seit sehr bitte mir uns ihr ihre ihnen kein keine wurde über beim zum
zur bin sind war warum was wo vom dass durch geehrte hallo
"""

NEGATIONS = "nicht kein keine keinen keiner keinem nie niemals ohne weder nichts kaum"

CATEGORY = {
    "billing": billing.PATTERNS,
    "technical": technical.PATTERNS,
    "account": account.PATTERNS,
    "general": general.PATTERNS,
}
URGENCY = urgency.PATTERNS
SENTIMENT = sentiment.PATTERNS
