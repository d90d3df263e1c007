"""A fake language model server that listens on loopback only.

It speaks Gemini's REST protocol, chat completions and Anthropic's Messages API, rejects what the
real services reject, answers from simple rules over the ticket's text, and fails on request.
Needs no Django.
"""

from .faults import FAULTS, KNOWN
from .server import FakeLLM

__all__ = ["FAULTS", "KNOWN", "FakeLLM"]
