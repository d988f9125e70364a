"""Errors that reach the user: one sentence that says what is wrong, where, and what to do."""


class RagError(Exception):
    """The documents, the store or the embedder could not be used; the message is the whole output."""


class RagUsageError(RagError):
    """A path, an option or a setting that the user gave cannot be used."""


class BadFile(RagError):
    """One file could not be read; the message is the reason alone, without the file's name."""


class StoreMismatch(RagError):
    """The store was made with another embedder or chunking, or is damaged; `rag rebuild` makes it anew."""
