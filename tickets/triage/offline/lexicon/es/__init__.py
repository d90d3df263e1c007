"""Spanish, one file a topic. The notation is explained in `lexicon/__init__.py`."""

from . import account, billing, general, sentiment, technical, urgency

STOPWORDS = """
el los las una un y es no que en por para con mi mis su sus nuestro nuestra del al lo se me le les
está estoy están tengo hemos he ha han pero como cómo muy más desde cuando qué hola gracias usted
ustedes este esta esto sin sobre también ya yo o fue ser estimado estimada de si te nos
"""

NEGATIONS = "no nunca jamás ningún ninguna sin ni nada tampoco"

CATEGORY = {
    "billing": billing.PATTERNS,
    "technical": technical.PATTERNS,
    "account": account.PATTERNS,
    "general": general.PATTERNS,
}
URGENCY = urgency.PATTERNS
SENTIMENT = sentiment.PATTERNS
