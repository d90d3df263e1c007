"""The values and limits that the whole program shares."""

CATEGORIES = ("billing", "technical", "account", "general")
PRIORITIES = ("low", "medium", "high", "critical")
SENTIMENTS = ("calm", "neutral", "frustrated", "angry")
SOURCES = ("human", "llm", "offline", "default")

DEFAULT_CATEGORY = "general"
DEFAULT_PRIORITY = "medium"
DEFAULT_SENTIMENT = "neutral"
DEFAULT_URGENCY = 50
DEFAULT_SUGGESTED_TITLE = "Support request"
MAX_SUGGESTED_TITLE_CHARS = 80

# The fields that triage decides, those it predicts, and those that agents decide, from which
# the classifier learns. One score of sentiment and urgency decides "sentiment".
TRIAGE_FIELDS = ("category", "priority", "sentiment")
PREDICTED_FIELDS = ("category", "priority", "sentiment", "urgency")
LEARNED_FIELDS = ("category", "priority")

CONFIDENT_FROM = 0.8  # predictions from this confidence on are counted separately
REVIEW_BELOW_CONFIDENCE = 0.6  # an agent should look at offline predictions below this
CALIBRATION_BINS = 10  # equal ranges of confidence, each compared with its accuracy
