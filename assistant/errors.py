"""Errors that reach the user: one sentence that says what is wrong, where, and what to do."""


class AssistantError(Exception):
    """Something failed that the user can act on; the message is the whole output, without a traceback."""

    exit_code = 1


class UsageError(AssistantError):
    """The command line, the configuration or an input file is wrong."""

    exit_code = 2


class DeviceError(AssistantError):
    """A microphone or speaker is missing, busy, or vanished."""


class EngineError(AssistantError):
    """A speech or language engine, local or remote, could not do its work."""

    lasting = False
    """Whether asking again with the same settings is of no use."""


class NativeError(EngineError):
    """Native code inside an engine failed; the next call may fail, too."""


class Busy(EngineError):
    """A service asks to wait before it is asked again."""

    def __init__(self, message: str, wait: str) -> None:
        """``wait``: how long, in words: "20 seconds"."""
        super().__init__(message)
        self.wait = wait


class NotReady(EngineError):
    """An engine is being replaced by a new one."""


def first_leaf(error: BaseException) -> BaseException:
    """The first error inside nested groups."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


class ModelError(EngineError):
    """The settings name a model file that is missing, damaged or none at all."""

    exit_code = 2
