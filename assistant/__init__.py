"""A voice-first assistant: talk to a local language model and hear it answer."""

__version__ = "0.1.0"
