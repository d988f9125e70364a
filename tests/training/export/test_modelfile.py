"""Chat templates as Ollama writes them."""

from __future__ import annotations

from types import SimpleNamespace

import pytest


def tokenizer(template: str, bos: bool = False):
    class Tokenizer:
        bos_token, bos_token_id = "<s>", 1
        special_tokens_map = {"bos_token": "<s>"}

        def get_chat_template(self):
            return template

        def __call__(self, text):
            return SimpleNamespace(input_ids=[1, 5] if bos else [5])

    return Tokenizer()


CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def test_chat_template_becomes_ollamas():
    from training.export.modelfile import ollama_template

    assert ollama_template(tokenizer(CHATML)) == (
        "{{ if .System }}<|im_start|>system\n{{ .System }}<|im_end|>\n{{ end }}{{ if .Prompt }}<|im_start|>user\n"
        "{{ .Prompt }}<|im_end|>\n<|im_start|>assistant\n{{ end }}{{ .Response }}<|im_end|>\n"
    )
    assert ollama_template(tokenizer("<s>" + CHATML, bos=True)) == ollama_template(tokenizer(CHATML))


@pytest.mark.parametrize(
    "template",
    [
        "{{ raise_exception('no') }}",
        "{{ messages|length }}" + CHATML,
        "{% if messages[0].role == 'user' %}" + CHATML + "{% endif %}",
        "{% for m in messages %}{{ loop.index }}{{ m.content }}{% endfor %}",
    ],
)
def test_template_that_cannot_be_taken_apart_gives_none(template):
    from training.export.modelfile import ollama_template

    assert ollama_template(tokenizer(template)) == ""
