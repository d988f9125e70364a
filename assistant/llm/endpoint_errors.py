"""Errors of an OpenAI-compatible endpoint -> what is wrong and where, and what to do. The key is never shown."""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass
from typing import Any

from assistant.errors import Busy, EngineError
from assistant.llm import waits
from assistant.llm.address import Elsewhere
from assistant.llm.endpoint_answers import NoReply, Refused, said
from assistant.secrets import redact
from rag.proxies import variable

_NO_KEY = re.compile(r"api[ _]key (?:not valid|not found|expired)|invalid api[ _]key", re.IGNORECASE)
_NO_MODEL = re.compile(r"model|DeploymentNotFound", re.IGNORECASE)


@dataclass(frozen=True)
class Service:
    """The endpoint that was asked, and the user's words for what can be changed about it."""

    title: str
    url: str
    key_name: str
    """The environment variable that holds the key."""
    key: str | None
    model: str
    timeout: float
    model_option: str = "[llm] model"
    url_option: str = "[llm] base_url"
    when_slow: str = "try again, or raise [llm] timeout"
    when_unreachable: str = "check the network"
    attempts: int = 1
    """How often an overloaded endpoint was asked."""


def trouble(error: Exception, service: Service, begun: bool = False) -> tuple[str, str]:
    """(What is wrong and where, what to do), to be joined by a semicolon. ``begun``: whether the answer had begun."""
    import httpx2
    import openai

    title, url = service.title, service.url
    match error:
        case openai.AuthenticationError() | openai.PermissionDeniedError() if service.key is None:
            return f"{url} wants a key{_said(error, None)}", f"put it into {service.key_name} (environment or .env)"
        case openai.AuthenticationError() | openai.PermissionDeniedError():
            return (
                f"the key in {service.key_name} was refused by {url}{_said(error, service.key)}",
                "check it or make a new one",
            )
        case openai.BadRequestError() if _NO_KEY.search(_said(error, service.key)):
            return f"the key in {service.key_name} was refused by {url}", "check it or make a new one"
        case openai.NotFoundError() if "data policy" in error.message:
            return (
                f"no provider of {service.model!r} at {title} promises not to train on what it is sent",
                f"set {service.model_option} to another one",
            )
        case openai.NotFoundError() if service.model and _NO_MODEL.search(f"{error.code} {error.message}"):
            return f"{url} does not know the model {service.model!r}", f"set {service.model_option} to one it offers"
        case openai.NotFoundError():
            return (
                f"{url} is no OpenAI-compatible endpoint (status 404{_said(error, service.key, ': {}')})",
                f"check {service.url_option}, which mostly ends in /v1",
            )
        case openai.APIStatusError() if error.code == "insufficient_quota" or error.status_code == 402:
            return f"the quota of the key in {service.key_name} is used up", f"see your {title} account"
        case openai.RateLimitError() if service.attempts > 1:
            return (
                f"{title} is still asked too often (status 429{_said(error, service.key, ': {}')}) "
                f"after {service.attempts} attempts",
                "try again later",
            )
        case openai.RateLimitError():
            wait = waits.asked(error)
            return (
                f"{title} is asked too often (status 429{_said(error, service.key, ': {}')})",
                f"try again in {waits.in_words(wait) if wait else 'a minute'}",
            )
        case openai.APIStatusError():
            return (
                f"{url} answered with status {error.status_code}{_said(error, service.key)}",
                f"try again, or choose another {service.model_option}",
            )
        case Refused():
            return f"{title} gave up on the answer{_quoted(str(error), service.key)}", "try again"
        case openai.APIConnectionError() if isinstance(error.__cause__, Elsewhere):
            return f"{url} is not where the endpoint is: {error.__cause__}", f"set {service.url_option} to where it is"
        case openai.APIConnectionError() if tls := _tls(error):
            return _of_tls(tls, service)
        case openai.APIConnectionError() if (through := variable(url)) and unreachable(error):
            return f"nothing answers at {url} through the proxy in {through}", f"correct {through}, or leave it out"
        case openai.APIConnectionError() if unreachable(error):
            return f"nothing answers at {url}", service.when_unreachable
        case openai.APITimeoutError() | TimeoutError():
            when = "went silent in the middle of the answer" if begun else "did not answer"
            return f"{title} {when} for {service.timeout:g} seconds", service.when_slow
        case openai.APIConnectionError() | httpx2.HTTPError():
            return f"the connection to {url} broke off", "try again"
        case openai.APIError():
            return f"{title} gave up on the answer{_said(error, service.key)}", "try again"
        case NoReply():
            words = _quoted(said(str(error)), service.key)
            return f"{url} sent what no OpenAI-compatible endpoint sends{words}", f"check {service.url_option}"
        case _:
            return f"{url} sent what no OpenAI-compatible endpoint sends", f"check {service.url_option}"


def sentence(error: Exception, service: Service, begun: bool = False) -> str:
    """`trouble` as one sentence; only English words get a capital, no address or name."""
    words = "; ".join(trouble(error, service, begun))
    return words[0].upper() + words[1:] if words.startswith(("the ", "nothing ")) else words


def failure(error: Exception, service: Service, begun: bool = False) -> EngineError:
    """What is raised for ``error``: Busy where the service says how long it wants to be left alone."""
    words = sentence(error, service, begun)
    wait = waits.asked(error) if getattr(error, "status_code", None) in (429, 503) else None
    return Busy(words, waits.in_words(wait)) if wait else EngineError(words)


def raw(error: Any) -> str:
    """The answer's text: details of a refusal stand in any place."""
    try:
        return error.response.text[:2000]
    except Exception:  # of an answer that was not read, or of no answer
        return ""


def too_long(error: Exception, service: Service) -> EngineError:
    """What is raised where not even the last turn has room."""
    words = _said(error, service.key) if hasattr(error, "body") else _quoted(str(error), service.key)
    return EngineError(
        f"That alone is too long for {service.title}{words}; say it in fewer words, or give the model there a larger "
        "context"
    )


def perhaps_too_long(error: Exception, service: Service) -> EngineError:
    """What is raised where a long question is refused, and nothing tells why."""
    told = error if isinstance(error, EngineError) else sentence(error, service)
    return EngineError(f"{str(told).partition('; ')[0]}; perhaps that was too long: say it in fewer words")


def broken(error: Exception) -> bool:
    """Whether a connection broke off that had been made."""
    import openai

    return (
        isinstance(error, openai.APIConnectionError)
        and not isinstance(error, openai.APITimeoutError)
        and not unreachable(error)
        and _tls(error) is None
    )


def unreachable(error: Exception) -> bool:
    # By name: the client has changed its HTTP library before.
    return type(error.__cause__).__name__ in ("ConnectError", "ConnectTimeout", "Elsewhere")


def _tls(error: BaseException | None) -> ssl.SSLError | None:
    """What was wrong with the encryption, if that is what ``error`` comes from."""
    while error is not None and not isinstance(error, ssl.SSLError):
        error = error.__cause__ or error.__context__
    return error


def _of_tls(error: ssl.SSLError, service: Service) -> tuple[str, str]:
    """See `trouble`."""
    url = service.url
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"the certificate of {url} is not trusted ({error.verify_message})",
            f"name a file that holds it in SSL_CERT_FILE, or correct {service.url_option}",
        )
    if error.reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"):
        return f"{url} does not speak https", f"let {service.url_option} begin with http://"
    return f"{url} broke off the encrypted connection ({error.reason or error})", f"check {service.url_option}"


def _said(error: Any, key: str | None, form: str = " ({})") -> str:
    """What the endpoint itself says, on one short line."""
    return _quoted(said(raw(error)) or said(error.body), key, form)  # the client keeps a part of it as the body


def _quoted(words: str, key: str | None, form: str = " ({})") -> str:
    return form.format(redact(words.replace(key, "…") if key else words)[:200].rstrip(".")) if words else ""
