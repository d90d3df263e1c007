"""English, one file a topic. The notation is explained in `lexicon/__init__.py`."""

from . import account, billing, general, sentiment, technical, urgency

STOPWORDS = """
the and to of is in it my for that this with have was not you are but can be me do what how your
from will would please an there we been they were has when why could does am get had our any if
out some on at by so just which their about
"""

NEGATIONS = """
not no never without isnt arent wasnt werent dont doesnt didnt wont cant nothing nor
"""

CATEGORY = {
    "billing": billing.PATTERNS,
    "technical": technical.PATTERNS,
    "account": account.PATTERNS,
    "general": general.PATTERNS,
}
URGENCY = urgency.PATTERNS
SENTIMENT = sentiment.PATTERNS
