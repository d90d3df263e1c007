"""Encoders turn a text into a vector, and say from it which values the text suggests.

`sentences` is the default: texts of the same meaning get similar vectors, whatever their words and
languages. `hashed_words` needs no package, and answers where the other is off or missing.
"""
