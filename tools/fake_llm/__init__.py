"""A stand-in for a language model's server, on loopback only.

It speaks Gemini's REST protocol and the chat-completions protocol, refuses what the real services
refuse, answers from simple rules over the ticket text, and misbehaves on request. Needs no Django.
"""

from .faults import FAULTS, KNOWN
from .server import FakeLLM

__all__ = ["FAULTS", "KNOWN", "FakeLLM"]
