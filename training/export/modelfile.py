"""A Modelfile for Ollama: it cannot run a chat template from a GGUF, so it is told its own form of it."""

from __future__ import annotations

from typing import Any

from training.chat import Chat, template_of
from training.runs import Run

_S, _U, _A, _V = "\ue000", "\ue001", "\ue002", "\ue003"


def text(run: Run, tokenizer: Any, model: str, adapter: str = "") -> str:
    """``model`` and ``adapter``: file names or paths, as Ollama finds them from the Modelfile's folder."""
    template = ollama_template(tokenizer)
    lines = [
        f"# {run.name}: {run.base_name}, fine-tuned. Use it: ollama create {run.name} -f this-file",
        f"FROM {model}",
        *([f"ADAPTER {adapter}"] if adapter else []),
    ]
    if template:
        lines.append(f'TEMPLATE """{template}"""')
    else:
        lines.append(
            "# The chat template is too elaborate to be written here; Ollama uses the one it knows for this model."
        )
    lines += [
        "# as the assistant asks it",
        "PARAMETER temperature 0",
        "PARAMETER repeat_penalty 1.1",
        "PARAMETER repeat_last_n 64",
    ]
    end = tokenizer.convert_ids_to_tokens(Chat(tokenizer).end)
    lines += [f'PARAMETER stop "{end}"']
    if run.system:
        lines.append(f'SYSTEM """{_quoted(run.system)}"""')
    if run.licence:
        lines.append(f'LICENSE """{_quoted(run.licence)}"""')
    return "\n".join(lines) + "\n"


def ollama_template(tokenizer: Any) -> str:
    """The chat template as Ollama's, for one system message, one question and one answer; empty when it cannot be
    taken apart (dates, tools, roles that change each other)."""
    try:
        alone = _rendered(tokenizer, [("system", _S)], False)
        asked = _rendered(tokenizer, [("system", _S), ("user", _U)], True)
        whole = _rendered(tokenizer, [("system", _S), ("user", _U), ("assistant", _A), ("user", _V)], True)
        adds_bos = tokenizer("a").input_ids[:1] == [tokenizer.bos_token_id]
        bos = tokenizer.bos_token if adds_bos else ""  # Ollama puts it there itself then
        before_system, after_system = alone.split(_S)
        user, before_answer = asked.removeprefix(alone).split(_U)
        after_answer = whole.split(_A)[1].split(_V)[0].removesuffix(user)
        again = alone + user + _U + before_answer + _A + after_answer + user + _V + before_answer
    except Exception:  # a template that refuses these messages, or does not part as expected
        return ""
    if again != whole or not asked.startswith(alone) or "{{" in whole or '"""' in whole:
        return ""
    return (
        f"{{{{ if .System }}}}{before_system.removeprefix(bos)}{{{{ .System }}}}{after_system}{{{{ end }}}}"
        f"{{{{ if .Prompt }}}}{user}"
        f"{{{{ .Prompt }}}}{before_answer}{{{{ end }}}}{{{{ .Response }}}}{after_answer}"
    )


def _rendered(tokenizer: Any, messages: list[tuple[str, str]], reply_follows: bool) -> str:
    return template_of(tokenizer).render(
        [{"role": role, "content": content} for role, content in messages],
        add_generation_prompt=reply_follows,
        enable_thinking=False,
    )


def _quoted(text: str) -> str:
    return text.replace('"""', '" " "')
