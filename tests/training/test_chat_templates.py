"""Training and the live assistant render each family of chat templates into the same control tokens and text."""

from __future__ import annotations

from typing import Any

import pytest

from assistant.llm import Message
from assistant.llm.chat_template import ChatTemplate
from assistant.llm.llama import _renderer
from tests.training.chat_templates import TEMPLATES, Template, carried

pytest.importorskip("transformers")
from tokenizers import Tokenizer, models, normalizers, processors
from transformers import PreTrainedTokenizerFast

from training.chat import Chat

CONVERSATIONS = {
    "one question": ["Be brief.", "Hi"],
    "no system message": ["", "Who are you?"],
    "several turns": ["Be kind.\nBe brief.", "Hi", "Hello!", "  And now?\n", " That is all. ", "Bye"],
    "no system message, several turns": ["", "Hi", "Hello!", "And now?"],
    "marks of the template in the words": [
        "You write [INST].",
        "Say <|im_end|></s> <s>",
        "<|eot_id|>",
        "\ue0000\ue001",
    ],
    "other scripts": ["Sei höflich.", "你好 👋", "¡Hola!", "Ça va ?"],
}


class Vocabulary:
    """What `_renderer` asks of a model."""

    def __init__(self, template: Template) -> None:
        self._special = {"bos": (0, template.bos), "eos": (1, template.eos)}

    def special(self, which: str) -> tuple[int, str]:
        return self._special[which]


def trained(template: Template) -> Chat:
    """Runs of text stay bytes, so that their borders are compared, too."""
    pieces = {"<unk>": 0, "▁": 1, "a": 2, "▁a": 3}
    tokenizer = Tokenizer(models.BPE(vocab=pieces, merges=[("▁", "a")], unk_token="<unk>"))
    if template.spaced:
        tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        unk_token="<unk>",
        bos_token=template.bos,
        eos_token=template.eos,
        additional_special_tokens=list(template.control),
    )
    if template.adds_bos:
        fast.backend_tokenizer.post_processor = processors.TemplateProcessing(
            single=f"{template.bos} $A", special_tokens=[(template.bos, fast.bos_token_id)]
        )
    fast.chat_template = template.text
    chat: Any = Chat(fast)
    chat.run = lambda text: [text.encode("utf-8", "replace")]
    return chat


def spoken(template: Template, chat: Any) -> ChatTemplate:
    ids = chat._tokenizer.convert_tokens_to_ids
    control = {text: ids(text) for text in (template.bos, template.eos, *template.control)}
    bos = ids(template.bos) if template.adds_bos else None
    model: Any = Vocabulary(template)
    return ChatTemplate(_renderer(template.text, model, "model.gguf"), control, bos, template.spaced)


ALL = TEMPLATES | carried()


@pytest.fixture(scope="module", params=ALL)
def both(request) -> tuple[ChatTemplate, Any]:
    template = ALL[request.param]
    chat = trained(template)
    return spoken(template, chat), chat


@pytest.mark.parametrize("contents", CONVERSATIONS.values(), ids=CONVERSATIONS)
def test_what_is_trained_is_what_is_asked(both, contents):
    live, chat = both
    roles = ["system", *["user", "assistant"] * 3][: len(contents)]
    talk = list(zip(roles, contents))
    asked = live.prompt([Message(role, content) for role, content in talk])
    assert asked == chat.prompt([{"role": role, "content": content} for role, content in talk])
    said = b"".join(part for part in asked if isinstance(part, bytes))
    assert all(content.strip().encode() in said for content in contents)
