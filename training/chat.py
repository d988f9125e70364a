"""Messages -> token ids, exactly as the live assistant renders them: what is trained is what will be asked.

The rules are those of `assistant.llm.chat_template` on a llama.cpp vocabulary, here on a Hugging Face tokenizer:
contents are stripped, a system message always comes first, control tokens come from the template alone (who says
"<|im_end|>" says ordinary text), and a reply is a run of text of its own, because it is sampled as such.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rag import tokenizer as tokenizers
from rag.templates import BadTemplate, Template
from training.errors import TrainingError, TrainingUsageError
from training.rows import Messages, Row

PLAIN_TEMPLATE = (
    "{% for message in messages %}{% if message['role'] == 'system' %}{{ message['content'] + '\n\n' }}"
    "{% elif message['role'] == 'user' %}{{ 'User: ' + message['content'] + '\n' }}"
    "{% else %}{{ 'Assistant: ' + message['content'] + '\n' }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ 'Assistant:' }}{% endif %}"
)
"""For models without a chat template: renders as the live assistant does for them."""

_PLACE = re.compile("\ue000(\\d+)\ue001")


def tokenizer_of(folder: Path) -> Any:
    """The tokenizer in ``folder``, with `PLAIN_TEMPLATE` when it has no chat template. Raises TrainingError."""
    from transformers import AutoTokenizer

    file = folder / "tokenizer.json"
    try:
        if file.exists():
            tokenizers.check(file)
        tokenizer = AutoTokenizer.from_pretrained(str(folder), local_files_only=True, trust_remote_code=False)
    except BaseException as error:  # whatever transformers finds wrong in a folder's files
        raise TrainingUsageError(
            f"{folder} has no tokenizer that transformers can load ({_short(error)}); choose another --base"
        ) from None
    if not tokenizer.is_fast:
        raise TrainingUsageError(f"{folder} has a tokenizer without tokenizer.json; choose another --base")
    if not tokenizer.chat_template:
        tokenizer.chat_template = PLAIN_TEMPLATE
    return tokenizer


def template_of(tokenizer: Any) -> Template:
    """Its chat template, with the tokens that transformers gives it. Raises TrainingUsageError when none is the default
    one of several."""
    try:
        return Template(tokenizer.get_chat_template(), **tokenizer.special_tokens_map)
    except ValueError as error:
        raise TrainingUsageError(
            f"the model has no chat template to go by ({_short(error)}); choose another --base"
        ) from None


class Chat:
    def __init__(self, tokenizer: Any) -> None:
        """Raises TrainingError when the chat template cannot be used or nothing can end a turn."""
        self._tokenizer = tokenizer
        self._template = template_of(tokenizer)
        self._control = {
            token.content: number
            for number, token in tokenizer.added_tokens_decoder.items()
            if token.special and token.content != tokenizer.unk_token
        }
        self._split = re.compile("|".join(map(re.escape, sorted(self._control, key=len, reverse=True))) or "(?!)")
        bos = tokenizer.bos_token_id
        self._bos = bos if bos is not None and tokenizer("a").input_ids[:1] == [bos] else None
        first = tokenizer.convert_ids_to_tokens(self._plain("a")[:1])
        self._spaced = bool(first) and first[0].startswith("▁")
        self._newline = self._plain("\n") if self._spaced else []
        self._system_alone = self._takes_system()
        self.end = self._end()
        """The token that ends the assistant's turn: the one the template writes after it, else end-of-sequence."""
        self.ends = sorted({self.end, *([tokenizer.eos_token_id] if tokenizer.eos_token_id is not None else [])})

    def prompt(self, messages: Messages) -> list[int]:
        """Up to where the reply begins. Raises TrainingError when the template refuses these messages."""
        if not messages or messages[0]["role"] != "system":
            messages = [{"role": "system", "content": ""}, *messages]
        if not self._system_alone and len(messages) > 1:
            system, first, *rest = messages
            messages = [{"role": first["role"], "content": f"{system['content']}\n\n{first['content']}"}, *rest]
        tokens: list[int] = [] if self._bos is None else [self._bos]
        run = ""

        def end_run() -> None:
            nonlocal run
            if run:
                after_control = not tokens or tokens[-1] in self._control.values()
                tokens.extend(self.run(" " + run if self._spaced and after_control else run))
            run = ""

        for position, piece in enumerate(_PLACE.split(self._rendered([message["role"] for message in messages]))):
            if position % 2 == 0:
                start = 0
                for found in self._split.finditer(piece):
                    run += piece[start : found.start()]
                    end_run()
                    token = self._control[found[0]]
                    if not (token == self._bos and tokens == [token]):
                        tokens.append(token)
                    start = found.end()
                run += piece[start:]
            elif messages[int(piece)]["role"] == "assistant":
                opening = run.rstrip()
                gap, run = run[len(opening) :], opening
                end_run()
                run = gap + messages[int(piece)]["content"].strip()
                end_run()
            else:
                run += messages[int(piece)]["content"].strip()
        end_run()
        return tokens

    def example(self, row: Row, system: str) -> tuple[list[int], list[int]]:
        """(prompt, answer): the answer's ids end with the token that ends the turn. Raises TrainingError."""
        prompt = self.prompt(row.prompt(system))
        text = row.answer.strip()
        if self._spaced and prompt[-1] in self._control.values():
            text = " " + text
        return prompt, [*self.run(text), self.end]

    def run(self, text: str) -> list[int]:
        """The tokens of ordinary text; no space is put before it."""
        if self._newline:
            tokens = self._plain("\n" + text)
            if tokens[: len(self._newline)] == self._newline:
                return tokens[len(self._newline) :]
        return self._plain(text)

    def text(self, tokens: Sequence[int]) -> str:
        """A reply's words."""
        return self._tokenizer.decode(list(tokens), skip_special_tokens=True).strip()

    def _plain(self, text: str) -> list[int]:
        try:
            return self._tokenizer(text, add_special_tokens=False, split_special_tokens=True).input_ids
        except BaseException as error:
            raise TrainingError(
                f"the model's tokenizer cannot cope with {text[:40]!r} ({_short(error)}); choose another --base"
            ) from None

    def _rendered(self, roles: Sequence[str], reply_follows: bool = True) -> str:
        """The template's text with a place for each message's content."""
        places = [{"role": role, "content": f"\ue000{position}\ue001"} for position, role in enumerate(roles)]
        try:  # a spoken answer cannot wait for a model that thinks first; templates without that switch ignore it
            return self._template.render(places, add_generation_prompt=reply_follows, enable_thinking=False)
        except BadTemplate as error:
            raise TrainingUsageError(
                f"the model's chat template cannot be used for {', '.join(roles)} "
                f"({_short(error)}); change the rows, or choose another --base"
            ) from None

    def _takes_system(self) -> bool:
        try:
            return "\ue0000\ue001" in self._rendered(["system", "user"])
        except TrainingError:
            return False

    def _end(self) -> int:
        rendered = self._rendered(["user", "assistant"], reply_follows=False)
        after = self._split.search(rendered.rpartition("\ue001")[2])
        if after:
            return self._control[after[0]]
        if self._tokenizer.eos_token_id is None:
            raise TrainingUsageError("the model has no token that ends a turn; choose another --base")
        return self._tokenizer.eos_token_id


def _short(error: BaseException) -> str:
    if "trust_remote_code" in str(error):
        return "it wants to run code of its own, which is never done here"
    return tokenizers.reason(error)
