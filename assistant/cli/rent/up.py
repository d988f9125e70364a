"""`assistant rent up`: start a machine, and talk to it."""

from __future__ import annotations

import argparse
import random
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assistant.config import Loaded

HELP = "start a machine with a model, ask before it costs anything, and set [llm] to it through an encrypted tunnel"

_FOREVER = 1e6


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from assistant.cli.rent import add_machine
    from assistant.rent.servers import SERVERS

    parser.add_argument("name", nargs="?", default="voice", help="what you call it (default voice)")
    parser.add_argument("--model", help="owner/repo of the hub; owner/repo:file.gguf with llamacpp")
    parser.add_argument("--training", action="store_true", help="serve nothing: the machine is for train fit --on")
    parser.add_argument("--server", choices=[server.name for server in SERVERS], default="vllm", help="default vllm")
    parser.add_argument("--command", dest="own", metavar="COMMAND", help="serve with this instead; {port} is filled in")
    parser.add_argument("--ssh", metavar="HOST", help="a machine that you have already, as `ssh HOST` reaches it")
    parser.add_argument("--price", type=float, metavar="DOLLARS", help="with --ssh: what an hour of it costs")
    add_machine(parser)
    parser.add_argument(
        "--idle",
        type=float,
        default=30.0,
        metavar="MINUTES",
        help="it ends by itself when so long nobody asks (default 30)",
    )
    parser.add_argument(
        "--patience",
        type=float,
        default=30.0,
        metavar="MINUTES",
        help="until it must answer (default 30); else it is ended",
    )
    parser.add_argument("--yes", action="store_true", help="do not ask")


def run(args: argparse.Namespace, loaded: Loaded) -> int:
    from assistant.cli.rent import check_limits, duration, limit
    from assistant.errors import UsageError
    from assistant.rent import run as renting
    from assistant.rent import servers, skypilot
    from assistant.rent.rental import Rental, check_name

    check_name(args.name)
    check_limits(args)
    if not (0 < args.idle < _FOREVER and 0 < args.patience < _FOREVER):
        raise UsageError("--idle and --patience must lie above 0, and are minutes")
    if args.price is not None and not 0 <= args.price < _FOREVER:
        raise UsageError("--price is what an hour costs in dollars, e.g. --price 0.8")
    if args.ssh is not None and (not args.ssh or args.ssh.startswith("-") or len(args.ssh.split()) != 1):
        raise UsageError(f"--ssh {args.ssh!r} is no host; give what `ssh` takes, e.g. --ssh user@host")
    if args.gpus != 1 and (args.ssh or not args.training):
        raise UsageError("--gpus goes with --training: a server uses one GPU, and a machine that you have has its own")
    if bool(args.model) == args.training:
        raise UsageError("--model says what is served; --training instead of it, that nothing is")
    port = random.randrange(20000, 32000)  # services have theirs below, and what connects to others above
    server = servers.named(args.server)
    command = servers.TRAINING if args.training else servers.command(server, args.model, port, args.own or "")
    infra, price = args.infra, args.price
    if not args.ssh:
        offer = skypilot.offers(args.gpu, args.infra, args.gpus)[0]
        infra, price = args.infra or offer.cloud.lower(), offer.asks(args.spot)
    seconds = limit(args, price)
    cost = "" if price is None else f", ${price:.2f} an hour, ${price * seconds / 3600:.2f} at most"
    where = args.ssh or f"{'one' if args.gpus == 1 else args.gpus} {args.gpu} at {infra}"
    what = "training" if args.training else f"{args.model} with {'your command' if args.own else server.title}"
    unused = "nothing is trained" if args.training else "nobody asks anything"
    print(
        f"{args.name}: {what} on {where}{cost}. It ends by itself after {duration(seconds)}, or when {unused} for "
        f"{args.idle:.0f} min."
    )
    if not args.yes and not _agrees():
        print("Nothing was started.")
        return 0
    rental = Rental(
        name=args.name,
        where="ssh" if args.ssh else "sky",
        host=args.ssh or args.name,
        model=args.model or "training",
        preset="" if args.training else "custom" if args.own else server.preset,
        command=command,
        far_port=port,
        limit=seconds,
        idle=args.idle * 60,
        gpu=args.gpu,
        gpus=args.gpus,
        infra=infra,
        spot=args.spot,
        price=price,
    )
    renting.up(rental, loaded, args.patience * 60, lambda line: print(line, flush=True))
    use = f"assistant train fit DATA --on {args.name}" if args.training else "assistant talk"
    print(f"{args.name} is up. Use it: {use}\nEnd it: assistant rent down {args.name}")
    return 0


def _agrees() -> bool:
    from assistant.cli import agreed
    from assistant.errors import UsageError

    if not sys.stdin.isatty():
        raise UsageError("nobody can be asked here; add --yes to start it")
    return agreed("Start it?")
