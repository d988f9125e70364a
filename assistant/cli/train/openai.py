"""`assistant train openai`: the same training on OpenAI's fine-tuning API."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

HELP = "run the training on OpenAI's fine-tuning API: upload, job, events, result usable by name"

_TIMEOUT = 60.0  # seconds


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from assistant.cli.train import recipe_flags

    parser.add_argument(
        "data", type=Path, nargs="?", metavar="DATA", help="the rows; left out to go on with the job of --name"
    )
    parser.add_argument("--name", metavar="NAME", help="of the training run (default: DATA's file name)")
    parser.add_argument("--model", metavar="NAME", help="what OpenAI tunes (default gpt-4.1-mini-2025-04-14)")
    parser.add_argument(
        "--price",
        type=float,
        metavar="DOLLARS",
        help="per million tokens trained, for the estimate, when the list's price is not yours",
    )
    parser.add_argument("--yes", action="store_true", help="do not ask before data is sent and money spent")
    parser.add_argument("--status", action="store_true", help="show how far the job of --name is, and end")
    parser.add_argument("--cancel", action="store_true", help="end the job of --name at OpenAI")
    parser.add_argument(
        "--use",
        action="store_true",
        help="let the assistant speak with the result: write [llm] engine, preset and model into config.toml",
    )
    recipe_flags.add(parser)


def run(args: argparse.Namespace) -> int:
    from functools import partial

    from assistant.cli import load_settings
    from assistant.cli.train import recipe_flags
    from assistant.errors import AssistantError, UsageError
    from assistant.llm.endpoint_errors import Service, trouble
    from assistant.secrets import secret
    from assistant.tuned import home
    from training import runs
    from training.elsewhere import openai_job

    loaded = load_settings(args)
    if args.data is None and not args.name:
        raise UsageError("DATA is missing: assistant train openai DATA, or --name NAME to go on with a job")
    name = runs.checked(args.name or recipe_flags.name_of(args.data))
    job = openai_job.load(home() / name)
    if job is None and (args.data is None or args.status or args.cancel):
        raise UsageError(f"there is no OpenAI job {name}; start one with: assistant train openai DATA --name {name}")
    if job is not None and (recipe_flags.given(args) or args.model):
        raise UsageError(
            f"the job {name} has begun, with {job.model}; leave the recipe and --model out to go on with "
            "it, or choose another --name"
        )
    key = secret("OPENAI_API_KEY")
    if key is None:
        raise AssistantError("OpenAI needs a key: set OPENAI_API_KEY in the environment or in .env")

    import openai

    from assistant.llm.address import blocking_client

    with openai.OpenAI(
        api_key=key,
        timeout=_TIMEOUT,
        max_retries=2,
        http_client=blocking_client("https://api.openai.com", "OPENAI_BASE_URL"),
    ) as client:
        try:
            if job is None:
                job = _begin(args, name, loaded.settings.llm.system_prompt)
                if job is None:
                    return 1
            return _go_on(args, loaded, client, job)
        except KeyboardInterrupt:
            if job is not None and job.id and job.status not in ("succeeded", "failed", "cancelled"):
                print(
                    f"\nJob {job.id} goes on at OpenAI; `assistant train openai --name {name}` follows it again, "
                    "with --cancel it is ended.",
                    file=sys.stderr,
                )
            raise
        except openai.OpenAIError as error:
            service = Service(
                "OpenAI", "OpenAI", "OPENAI_API_KEY", key, "", _TIMEOUT, when_slow="run the same command again"
            )
            raise AssistantError(openai_job.explain(error, job, partial(trouble, service=service))) from None


def _begin(args: argparse.Namespace, name: str, system: str):
    """The job on record, nothing sent yet; None when the user does not want it."""
    from dataclasses import asdict

    from assistant.cli import agreed
    from assistant.cli.train import recipe_flags
    from assistant.errors import UsageError
    from assistant.tuned import home
    from training import runs
    from training.data import split
    from training.elsewhere import openai_job
    from training.plan import steps as plan
    from training.rows import data_hash

    recipe = recipe_flags.recipe(args)
    model = args.model or openai_job.MODEL
    train, held_out = split.load(args.data)
    tokens, times = plan.count(train, system, None).all, openai_job.epochs(recipe, len(train))
    dollars = openai_job.cost(model, tokens, times, args.price)
    print(f"{openai_job.CLOSING}.")
    for sentence in openai_job.lost(recipe, len(train)):
        print(f"Recipe: {sentence}.")
    print(
        f"About {tokens:,} tokens × {times} epochs = {tokens * times:,} tokens; "
        + (
            f"price of {model} unknown (say it with --price)"
            if dollars is None
            else f"about ${dollars:.2f} ({'--price' if args.price is not None else openai_job.PRICES_OF})"
        )
    )
    if not args.yes:
        if not sys.stdin.isatty():
            raise UsageError(
                f"{len(train) + len(held_out)} rows would be sent to OpenAI and cost money; say --yes to do so"
            )
        if not agreed(f"Send {len(train) + len(held_out)} rows to OpenAI and start the job?"):
            return None
    run = runs.new_run(home(), name)
    job = openai_job.prepare(run.folder, recipe, model, system, train, held_out)
    run.base, run.base_name, run.system, run.data = model, model, system, str(args.data.resolve())
    run.data_hash, run.rows, run.held_out = data_hash([*train, *held_out]), len(train), len(held_out)
    run.recipe, run.trainer, run.state, run.licence = asdict(recipe), "openai", "stopped", "OpenAI's terms"
    run.save()
    job.save()
    return job


def _go_on(args: argparse.Namespace, loaded, client, job) -> int:
    from training.elsewhere import openai_job

    if args.cancel:
        if not job.id:
            print("Nothing has been started at OpenAI.")
            return 0
        openai_job.cancel(client, job)
        print(f"Job {job.id} is {job.status}.")
        return 0
    if args.status:
        state = client.fine_tuning.jobs.retrieve(job.id).status if job.id else "not started"
        print(f"Job {job.id or job.folder.name} is {state.replace('_', ' ')}.")
        return 0
    openai_job.submit(client, job, print)
    openai_job.follow(client, job, print)
    if job.status == "cancelled":
        print(f"Job {job.id} was cancelled.")
        return 1
    _record(job)
    print(f"{job.tuned} is ready ({job.trained_tokens:,} tokens trained).")
    if args.use:
        from assistant.models import catalogue

        changes = {"llm.engine": "openai", "llm.preset": "openai", "llm.model": job.tuned}
        left = {f"llm.{key}": "" for key in ("adapter", "base_url") if getattr(loaded.settings.llm, key)}
        path = catalogue.write(loaded, changes | left)
        print(f"{path}: the assistant speaks with it from now on; `assistant models use bundled` goes back.")
    else:
        print(
            f"Use it: assistant train openai --name {job.folder.name} --use, or in config.toml:\n"
            f'[llm]\nengine = "openai"\npreset = "openai"\nmodel = "{job.tuned}"'
        )
    return 0


def _record(job) -> None:
    import datetime

    from training import runs

    run = runs.open_run(job.folder.parent, job.folder.name)
    if run.state != "trained":
        run.state = "trained"
        run.made = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        run.save()
