"""Errors that reach the user: one sentence that says what is wrong, where, and what to do."""


class TrainingError(Exception):
    """Data, model, training or export could not be used or done; the message is the whole output."""


class TrainingUsageError(TrainingError):
    """A name, an option or a file that the user gave cannot be used."""
