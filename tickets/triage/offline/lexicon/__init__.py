"""The words and phrases that the offline classifier knows, as TOML files per language.

Each language is a folder of seven files. `billing.toml`, `technical.toml`, `account.toml` and
`general.toml` hold the patterns of a category, `sentiment.toml` those of each sentiment, and
`urgency.toml` those that raise or lower the urgency. They consist of cues:

    [[cue]]
    sentiment = 'angry'    # in sentiment.toml only
    weight = 4             # in urgency.toml points on a scale of 0 to 100, which may be negative
    patterns = ['furious', 'never .. again']

`words.toml` holds `stopwords` (the common words that identify the language), `negations`, and
optionally `[spellings]`, a table of characters that people also type in another way.

A pattern is matched word by word, ignoring case and accents:

    refund*          any word that starts with "refund"
    *rechnung*       a long word that contains "rechnung", for compounds
    log in|into|on   one of several words
    not .. charged   up to two other words in between
    # days           a number
    ^ which          at the start of a sentence

A stem has at least six letters; shorter words are written out, or "plant*" would also match the
Spanish "plantas". An alternative is one word. Nouns of technology and of a trade weigh little:
what is asked about them decides.

To add a language, add its folder and its code in `vocabulary.Language`.
"""
