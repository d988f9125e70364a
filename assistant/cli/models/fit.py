"""`assistant models fit`: does a model fit this machine, or a GPU; how quick may it be; what would do instead."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assistant.models.fit import Verdict
    from assistant.models.header import Header
    from assistant.models.memory import Running

HELP = "memory, speed and training of a model, on this machine and on GPUs, from its header alone"

_KVS = ("f16", "q8_0", "q5_0", "q4_0")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "name",
        metavar="MODEL",
        help="a name (qwen3-4b, grok-1, bundled), a .gguf file, a folder with safetensors, an address, "
        "OWNER/REPO:FILE.gguf or OWNER/REPO",
    )
    parser.add_argument("--gpu", type=float, metavar="GB", help="a GPU with so much memory instead of the known ones")
    parser.add_argument("--context", type=int, metavar="N", help="tokens of context (default: [llm] context)")
    parser.add_argument("--kv", choices=_KVS, default="f16", help="how a GPU keeps the context (default f16)")
    parser.add_argument("--json", action="store_true", help="for scripts")


def run(args: argparse.Namespace) -> int:
    from assistant import tuned
    from assistant.cli import load_settings
    from assistant.errors import AssistantError, UsageError
    from assistant.models import fit, source
    from assistant.models.memory import Running

    settings = load_settings(args).settings
    if args.gpu is not None and not 0 < args.gpu < 10000:
        raise UsageError(f"--gpu {args.gpu:g}: give its memory in GB, e.g. --gpu 24")
    if args.context is not None and not 0 < args.context <= 10_000_000:
        raise UsageError(f"--context {args.context}: give a number of tokens, e.g. --context 8192")
    header = source.header_of(args.name)
    running = Running(args.context or settings.llm.context, kv=args.kv)
    here = fit.this_machine()
    places = [here, *([fit.gpu_of(args.gpu)] if args.gpu else fit.gpus())]
    try:
        found = [fit.verdict(header, place, running) for place in places]
    except ValueError as error:
        raise AssistantError(f"{args.name}: {error}; it cannot be said whether it fits") from None
    training = tuned.training_memory(header.facts, header.parameters)
    if args.json:
        _print_json(header, running, found, training)
        return 0
    _print_model(header, running)
    _print_places(found)
    _print_training(training, found)
    for line in _why_not(args.name, header, running, found, here.room):
        print(f"\n{line}")
    return 0


def _print_json(
    header: Header, running: Running, found: Sequence[Verdict], training: dict[str, dict[str, float]]
) -> None:
    import json
    from dataclasses import asdict

    places = [
        {
            "place": one.place.name,
            "fits": one.fits,
            "bytes": round(one.bytes),
            "room": round(one.place.room),
            "parts": {part.name: round(part.bytes) for part in one.parts},
            "tokens_per_second_estimated": round(one.tokens_per_second, 1),
        }
        for one in found
    ]
    model = {"name": header.name, "parameters": header.parameters, "weights": round(header.weights)}
    model |= {"written": header.written, "source": header.source}
    print(json.dumps({"model": model, "running": asdict(running), "places": places, "training": training}, indent=2))


def _print_model(header: Header, running: Running) -> None:
    from assistant.models.layers import Facts

    facts = Facts(header.facts)
    written = f" as {header.written}" if header.written else ""
    print(
        f"{header.name}: {_count(header.parameters)} parameters, {_gb(header.weights)}{written}; {facts.family}, "
        f"{facts.layers} layers, made for {int(facts.get('context_length')):,} tokens\n"
        f"known from {header.source}\n\nTalking, with a context of {running.context:,} tokens"
    )


def _print_places(found: Sequence[Verdict]) -> None:
    from assistant.cli.models import figures, table

    heads = ["where", "weights", "KV cache", "rest", "in all", "there", "", "tokens/s, estimated"]
    rows = []
    for one in found:
        weights = sum(part.bytes for part in one.parts if part.name.startswith("weights"))
        cache = sum(part.bytes for part in one.parts if part.name == "KV cache")
        rest = one.bytes - weights - cache
        speed = f"about {figures(one.tokens_per_second)}" if one.fits else "-"
        fits = "fits" if one.fits else "NO"
        rows.append([one.place.name, *map(_gb, (weights, cache, rest, one.bytes, max(one.place.room, 0))), fits, speed])
    table([heads, *rows])


def _print_training(training: dict[str, dict[str, float]], found: Sequence[Verdict]) -> None:
    from assistant.cli.models import table

    if not training:
        print("\nTraining: `assistant train` cannot train models of this kind.")
        return
    print("\nTraining, one row of 512 tokens at a time (`assistant train plan` reckons with your rows)")
    here, *gpus = [one.place for one in found]
    rows = []
    for method, needs in training.items():
        gpu = needs["GPU memory"]
        fitting = [place.name for place in gpus if gpu <= place.room]
        ram = needs.get("RAM")
        cpu = "GPU only" if ram is None else f"{_gb(ram)}: {'fits' if ram <= here.room else 'NO'}"
        rows.append([method, cpu, f"{_gb(gpu)}: " + (f"from {fitting[0]}" if fitting else "none of these")])
    table([["", here.name, "on a GPU"], *rows])


def _why_not(name: str, header: Header, running: Running, found: Sequence[Verdict], ram: float) -> list[str]:
    """For this machine, and for the GPU that was asked for or the largest known: why not, and what would."""
    from assistant.models import fit, instead

    said = []
    here, *gpus = found
    for one in (here, gpus[-1]):
        if one.fits:
            continue
        far = "; nowhere near" if one.bytes > 3 * max(one.place.room, 1) else ", more than"
        text = (
            f"{header.name} does not fit {one.place.name}: {_count(header.parameters)} parameters, "
            f"{header.written or 'its weights'} {_gb(header.weights)}, {_gb(one.bytes)} in all{far} "
            f"{_gb(max(one.place.room, 0))}."
        )
        ways = fit.ways(header, one, running, ram)
        text += f" What would do: {'; or '.join(ways)}." if ways else ""
        said.append(text)
    if said and (
        others := instead.sentence(name, header, gpus[0] if len(gpus) == 1 and not gpus[0].fits else here, running)
    ):
        said.append(others)
    return said


def _gb(size: float) -> str:
    if size >= 1e12:
        return f"{size / 1e12:.2f} TB"
    return f"{size / 1e9:.1f} GB" if size >= 1e8 else f"{size / 1e9:.2f} GB"


def _count(parameters: int) -> str:
    return f"{parameters / 1e9:,.3g} billion" if parameters >= 1e9 else f"{parameters / 1e6:,.0f} million"
