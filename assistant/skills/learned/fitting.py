"""The first layers of all-MiniLM-L6-v2 learn what kind of command a sentence is, and which of its words fill its slots.

Both are learned together, by the kinds of the sentences and the tags of their words. Needs the extras train and rag.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from assistant.skills.learned.encoder import FIRST, LAST, MOST_PIECES, UNKNOWN, Pieces, quantised
from assistant.skills.learned.model import NONE
from assistant.skills.learned.samples import Sample

LAYERS = 4
EPOCHS = 3
BATCH = 64
RATE, HEAD_RATE = 1.5e-4, 2e-3
FREQUENT = 8000
"""Pieces of BERT's, which stand by their frequency; of the others those that the samples hold."""
HIDDEN = 0.04
"""Of the pieces at a time."""
NONE_WEIGHT = 0.6
NOISE = 3
"""Rows in a batch that are any pieces at all, and no command."""
SEED = 17
_LETTERS = re.compile(r"(##)?[a-z0-9'.:%-]+")
_UNUSED = -100
"""The tag of a piece that begins no word."""


def fit(samples: Sequence[Sample], kinds: Sequence[str], slots: Sequence[str]) -> dict[str, np.ndarray]:
    """What `encoder.Encoder` and `model.Model` read; nearly the same every time on one machine."""
    import torch
    from torch.nn import functional

    torch.manual_seed(SEED)
    random = np.random.default_rng(SEED)
    bert, pieces = _base(samples)
    known = Pieces(pieces)
    size = bert.config.hidden_size
    head, tagger = torch.nn.Linear(2 * size, len(kinds)), torch.nn.Linear(size, 2 * len(slots) + 1)
    rows = [_row(one, known, slots) for one in samples]
    labels = np.array([kinds.index(one.kind) for one in samples])
    none = kinds.index(NONE)
    weight = torch.ones(len(kinds))
    weight[none] = NONE_WEIGHT
    heads = [*head.parameters(), *tagger.parameters()]
    optimizer = torch.optim.AdamW([{"params": bert.parameters()}, {"params": heads}], weight_decay=0.01)
    batches = EPOCHS * (len(rows) // BATCH + 1)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, [RATE, HEAD_RATE], batches, pct_start=0.1)
    bert.train()
    for _ in range(EPOCHS):
        for batch in _batches(random, [len(row) for row, _ in rows]):
            noise = [_noise(random, len(pieces)) for _ in range(NOISE)]
            ids, there, tags = _padded([*(rows[at] for at in batch), *noise])
            ids[(random.random(ids.shape) < HIDDEN) & (there > 0)] = pieces.index(UNKNOWN)
            mask = torch.from_numpy(there)
            found = bert(input_ids=torch.from_numpy(ids), attention_mask=mask).last_hidden_state
            mean = (found * mask.unsqueeze(2)).sum(1) / mask.sum(1, keepdim=True)
            logits = head(functional.dropout(torch.cat([mean, found[:, 0]], 1), 0.1))
            label = torch.from_numpy(np.append(labels[batch], [none] * NOISE))
            scores = tagger(functional.dropout(found, 0.1))
            loss = functional.cross_entropy(logits, label, weight, label_smoothing=0.03)
            loss = loss + functional.cross_entropy(
                scores.flatten(0, 1), torch.from_numpy(tags).flatten(), ignore_index=_UNUSED
            )
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return {**kept(bert, pieces), **_linear("head", head), **_linear("tags", tagger)}


def kept(bert: Any, pieces: Sequence[str]) -> dict[str, np.ndarray]:
    """A BERT of transformers', as `encoder.Encoder` reads it."""
    of = {name: tensor.detach().numpy() for name, tensor in bert.state_dict().items()}
    embedding, scale = quantised(of["embeddings.word_embeddings.weight"])
    found = {
        "pieces": np.frombuffer("\n".join(pieces).encode(), np.uint8),
        "layers": np.array(len(bert.encoder.layer)),
        "embedding": embedding,
        "embedding_scale": scale,
        "places": (of["embeddings.position_embeddings.weight"][:MOST_PIECES]
                   + of["embeddings.token_type_embeddings.weight"][0]).astype(np.float16),
        "norm": of["embeddings.LayerNorm.weight"],
        "norm_bias": of["embeddings.LayerNorm.bias"],
    }  # fmt: skip
    for at in range(len(bert.encoder.layer)):
        names = {
            "qkv": [f"attention.self.{name}" for name in ("query", "key", "value")],
            "out": ["attention.output.dense"],
            "up": ["intermediate.dense"],
            "down": ["output.dense"],
        }
        for name, parts in names.items():
            matrix = np.concatenate([of[f"encoder.layer.{at}.{part}.weight"].T for part in parts], axis=1)
            found[f"{at}.{name}"], found[f"{at}.{name}_scale"] = quantised(matrix)
            found[f"{at}.{name}_bias"] = np.concatenate([of[f"encoder.layer.{at}.{part}.bias"] for part in parts])
        for name, part in (("norm1", "attention.output"), ("norm2", "output")):
            found[f"{at}.{name}"] = of[f"encoder.layer.{at}.{part}.LayerNorm.weight"]
            found[f"{at}.{name}_bias"] = of[f"encoder.layer.{at}.{part}.LayerNorm.bias"]
    return found


def _base(samples: Sequence[Sample]) -> tuple[Any, list[str]]:
    """The model with its first layers, and with the pieces that are kept alone."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    from rag.embed import DEFAULT, find

    folder = find(DEFAULT).folder
    tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    used = {piece for one in samples for word in one.words for piece in tokenizer.tokenize(word.plain)}
    places = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
    frequent = [piece for piece, place in places if place < FREQUENT and _LETTERS.fullmatch(piece)]
    pieces = [FIRST, LAST, UNKNOWN, *dict.fromkeys([*frequent, *sorted(used - {FIRST, LAST, UNKNOWN})])]
    bert = AutoModel.from_pretrained(
        folder, attn_implementation="eager", add_pooling_layer=False, use_safetensors=True, trust_remote_code=False
    )
    bert.encoder.layer = bert.encoder.layer[:LAYERS]
    for layer in bert.encoder.layer:
        layer.intermediate.intermediate_act_fn = torch.nn.GELU(approximate="tanh")
    rows = bert.embeddings.word_embeddings.weight.detach()[tokenizer.convert_tokens_to_ids(pieces)]
    bert.embeddings.word_embeddings = torch.nn.Embedding(len(rows), rows.shape[1], _weight=rows.clone())
    return bert, pieces


def _row(one: Sample, known: Pieces, slots: Sequence[str]) -> tuple[list[int], list[int]]:
    """The pieces of a sample and their tags."""
    row, begins = known.row([word.plain for word in one.words])
    tags = [_UNUSED] * len(row)
    for at, begin in enumerate(begins):
        inside = [(slots.index(slot), at > first) for slot, first, end in one.slots if first <= at < end]
        tags[begin] = 2 * inside[0][0] + 1 + inside[0][1] if inside else 0
    return row, tags


def _noise(random: np.random.Generator, pieces: int) -> tuple[list[int], list[int]]:
    row = [0, *random.integers(3, pieces, random.integers(2, 14)).tolist(), 1]
    return row, [_UNUSED] * len(row)


def _batches(random: np.random.Generator, lengths: Sequence[int]) -> list[list[int]]:
    """All places, those of like length together."""
    order = random.permutation(len(lengths))
    found: list[list[int]] = []
    for start in range(0, len(order), 50 * BATCH):
        chunk = sorted(order[start : start + 50 * BATCH].tolist(), key=lambda at: lengths[at])
        found += [chunk[at : at + BATCH] for at in range(0, len(chunk), BATCH)]
    random.shuffle(found)
    return found


def _padded(rows: Sequence[tuple[list[int], list[int]]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    longest = max(len(row) for row, _ in rows)
    ids, there = np.zeros((2, len(rows), longest), np.int64)
    tags = np.full((len(rows), longest), _UNUSED)
    for at, (row, tag) in enumerate(rows):
        ids[at, : len(row)], there[at, : len(row)], tags[at, : len(tag)] = row, 1, tag
    return ids, there, tags


def _linear(name: str, layer: Any) -> dict[str, np.ndarray]:
    weight = layer.weight.detach().numpy().T
    return {name: weight.astype(np.float16), f"{name}_bias": layer.bias.detach().numpy()}
