"""A recipe on OpenAI's fine-tuning API. What happened is on record after each step, so that the same call goes on.

    HOME/NAME/openai.json       ids of the uploaded files and of the job, events seen, the model's name
    HOME/NAME/openai/           train.jsonl, held-out.jsonl as they are uploaded

OpenAI is closing this service (its deprecations page, 2026): since 2 July 2026 only organisations that used a
fine-tuned model in the last 60 days may start jobs, none from 6 January 2027; the models that can be tuned, and what
was made of them, leave the API on 14 January 2027.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.atomic import write_text
from training.data import prices
from training.errors import TrainingError, TrainingUsageError
from training.plan import steps as plan
from training.recipe import Recipe
from training.rows import Row, data_hash

if TYPE_CHECKING:
    from openai import OpenAI

MODEL = "gpt-4.1-mini-2025-04-14"
CLOSING = (
    "OpenAI is closing this service: only organisations that used a fine-tuned model in the last 60 days may "
    "still start jobs, nobody from 6 January 2027, and tuned gpt-4.1 and gpt-4o models answer until "
    "14 January 2027"
)
PRICES_OF = "OpenAI's list of 2025, not changed since as far as is known"
_PRICES = {"gpt-4.1-mini": 5.0, "gpt-4.1": 25.0, "gpt-4o-mini": 3.0, "gpt-4o": 25.0}
"""US dollars per million tokens trained, each epoch counted."""
LEAST, LONGEST = 10, 65_536
"""Rows that OpenAI wants, and tokens of a row that it takes."""
_ENDED = ("succeeded", "failed", "cancelled")
_POLL = 10.0  # seconds
_LOST = 12  # polls without an answer after which following ends; the job does not

Trouble = Callable[[Exception], tuple[str, str]]
"""See `training.data.writer.Trouble`."""


@dataclass
class OpenAIJob:
    folder: Path
    model: str = ""
    recipe: dict[str, Any] = field(default_factory=dict)
    data_hash: str = ""
    training_file: str = ""
    validation_file: str = ""
    id: str = ""
    status: str = ""
    """``""`` before there is a job, then OpenAI's: validating_files, queued, running, succeeded, failed, cancelled."""
    seen: list[str] = field(default_factory=list)
    """Ids of the events shown."""
    tuned: str = ""
    """The name to use, e.g. ``ft:gpt-4.1-mini-2025-04-14:me:pirate:AbC``."""
    trained_tokens: int = 0
    error: str = ""

    def save(self) -> None:
        record = {key: value for key, value in asdict(self).items() if key != "folder"}
        write_text(self.folder / "openai.json", json.dumps(record, indent=2, ensure_ascii=False) + "\n")


def load(folder: Path) -> OpenAIJob | None:
    """None when there is none. Raises TrainingError when its record is damaged."""
    try:
        record = json.loads((folder / "openai.json").read_text(encoding="utf-8"))
        return OpenAIJob(folder, **record)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        raise TrainingError(
            f"{folder / 'openai.json'} cannot be read ({error}); the job's state is at "
            "https://platform.openai.com/finetune"
        ) from None


def prepare(
    folder: Path, recipe: Recipe, model: str, system: str, train: Sequence[Row], held_out: Sequence[Row]
) -> OpenAIJob:
    """Write what will be uploaded; the caller saves the job. Raises TrainingError when OpenAI would refuse it."""
    if len(train) < LEAST:
        raise TrainingUsageError(
            f"OpenAI wants at least {LEAST} rows and there are {len(train)}; add rows, or put "
            "them into the prompt as examples"
        )
    for part, rows in (("train", train), ("held-out", held_out)):
        for row in rows:
            if problem := _problem(row, system):
                raise TrainingUsageError(
                    f"OpenAI would refuse line {row.line} of the data's {part} part "
                    f"(*.{part}.jsonl): {problem}; correct or remove that row"
                )
    for name, rows in (("train", train), ("held-out", held_out)):
        lines = [json.dumps({"messages": [*row.prompt(system), row.messages[-1]]}, ensure_ascii=False) for row in rows]
        write_text(folder / "openai" / f"{name}.jsonl", "".join(line + "\n" for line in lines))
    return OpenAIJob(folder, model, asdict(recipe), data_hash([*train, *held_out]))


def _problem(row: Row, system: str) -> str:
    messages = [*row.prompt(system), row.messages[-1]]
    roles = [message["role"] for message in messages]
    if roles[-1] != "assistant" or "user" not in roles:
        return "it is no question with an answer"
    if any(role not in ("system", "user", "assistant") for role in roles):
        return "it has a role other than system, user and assistant"
    if any(not message["content"].strip() for message in messages):
        return "a message is empty"
    length = sum(prices.tokens(message["content"]) + 4 for message in messages)
    return f"it has about {length:,} tokens, more than {LONGEST:,}" if length > LONGEST else ""


def epochs(recipe: Recipe, rows: int) -> int:
    return max(1, round(plan.steps(recipe, rows).epochs))


def lost(recipe: Recipe, rows: int) -> list[str]:
    """What of the recipe OpenAI decides itself."""
    counted, whole = plan.steps(recipe, rows), epochs(recipe, rows)
    rounded = [] if counted.epochs == whole else [f"whole epochs only: {counted.epochs:.4g} became {whole}"]
    return [
        *rounded,
        "method, learning_rate, rank, alpha, dropout, warmup, length, evaluate, patience and forget are "
        "OpenAI's own choice; batch × accumulate, epochs and seed are taken over",
    ]


def cost(model: str, tokens: int, times: int, price: float | None = None) -> float | None:
    """US dollars, estimated; None when the price is not known. ``price`` per million tokens overrides the list's."""
    if price is None:
        price = next(
            (
                _PRICES[name]
                for name in sorted(_PRICES, key=len, reverse=True)
                if model == name or model.startswith(name + "-20")
            ),
            None,
        )
    return None if price is None else tokens * times * price / 1e6


def submit(client: OpenAI, job: OpenAIJob, notice: Callable[[str], None]) -> None:
    """Upload what is not uploaded, and create the job unless there is one. Raises TrainingError, openai.OpenAIError."""
    import openai

    recipe = Recipe(**job.recipe)
    rows = sum(1 for _ in (job.folder / "openai" / "train.jsonl").open(encoding="utf-8"))
    for name, key in (("train", "training_file"), ("held-out", "validation_file")):
        path = job.folder / "openai" / f"{name}.jsonl"
        if not getattr(job, key) and path.stat().st_size:
            notice(f"Uploading {path.name} ({path.stat().st_size / 1000:.0f} kB) ...")
            with path.open("rb") as file:
                sent = client.files.create(file=(f"{job.folder.name}-{path.name}", file), purpose="fine-tune")
            setattr(job, key, sent.id)
            job.save()
    if job.id:
        return
    mark = {"assistant_run": job.folder.name, "data": job.data_hash, "file": job.training_file}
    found = next((one for one in client.fine_tuning.jobs.list(limit=20).data if one.metadata == mark), None)
    if found is None:  # else the answer to an earlier call was lost on its way
        found = client.fine_tuning.jobs.create(
            model=job.model,
            training_file=job.training_file,
            seed=recipe.seed,
            suffix=_suffix(job.folder.name),
            metadata=mark,
            method={
                "type": "supervised",
                "supervised": {
                    "hyperparameters": {
                        "n_epochs": epochs(recipe, rows),
                        "batch_size": min(recipe.batch * recipe.accumulate, 256),
                    }
                },
            },
            validation_file=job.validation_file or openai.omit,
        )
    job.id, job.status = found.id, found.status
    job.save()
    notice(f"Job {job.id} is {job.status.replace('_', ' ')}.")


def _suffix(name: str) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in name)[:40].strip("-") or "tuned"


def follow(
    client: OpenAI, job: OpenAIJob, notice: Callable[[str], None], sleep: Callable[[float], None] = time.sleep
) -> None:
    """Show each event once until the job ends. A lost connection is waited out for two minutes.

    Raises TrainingError when the job fails, or when nothing answers: it goes on, and the same call follows it again.
    """
    import openai

    silent = 0
    while True:
        try:
            state = client.fine_tuning.jobs.retrieve(job.id)
            events = _new(client, job)
            silent = 0
        except (openai.APIConnectionError, openai.InternalServerError, openai.RateLimitError):
            silent += 1
            if silent >= _LOST:
                raise TrainingError(
                    f"the connection to OpenAI is lost; job {job.id} goes on there: run the same "
                    "command again to follow it"
                ) from None
            sleep(_POLL)
            continue
        for event in events:
            notice(f"{time.strftime('%H:%M:%S', time.localtime(event.created_at))}  {_written(event)}")
            job.seen.append(event.id)
        job.status, job.tuned = state.status, state.fine_tuned_model or ""
        job.trained_tokens = state.trained_tokens or 0
        job.error = state.error.message if state.error and state.error.message else ""
        job.save()
        if job.status in _ENDED:
            break
        sleep(_POLL)
    if job.status == "failed":
        reason = " ".join((job.error or "no reason given").split()).rstrip(".")
        raise TrainingError(
            f"OpenAI gave up on job {job.id}: {reason}; correct that and start again with another --name"
        )


def _new(client: OpenAI, job: OpenAIJob) -> list[Any]:
    """Events not shown yet, oldest first; OpenAI lists the newest first, a page at a time."""
    seen, found = set(job.seen), []
    for event in client.fine_tuning.jobs.list_events(job.id, limit=100):
        if event.id in seen:
            break
        found.append(event)
    return found[::-1]


def _written(event: Any) -> str:
    data = event.data if isinstance(event.data, dict) else {}
    if event.type == "metrics" and "train_loss" in data:
        held_out = data.get("full_valid_loss") or data.get("valid_loss")
        return f"step {data.get('step', '?')}/{data.get('total_steps', '?')}: loss {data['train_loss']:.3f}" + (
            f", held-out loss {held_out:.3f}" if isinstance(held_out, float) and math.isfinite(held_out) else ""
        )
    return event.message


def cancel(client: OpenAI, job: OpenAIJob) -> None:
    """Raises openai.OpenAIError."""
    job.status = client.fine_tuning.jobs.cancel(job.id).status
    job.save()


def explain(error: Exception, job: OpenAIJob | None, trouble: Trouble) -> str:
    """An error of the client as one sentence; what concerns no fine-tuning is left to ``trouble``."""
    import openai

    body = getattr(error, "body", None)
    said = body.get("message", "") if isinstance(body, dict) else ""
    said = " ".join(str(said).split())[:200].rstrip(".")
    match error:
        case openai.AuthenticationError():
            what, remedy = "OpenAI refused the key in OPENAI_API_KEY", "check it or make a new one"
        case openai.PermissionDeniedError():
            what, remedy = f"OpenAI does not let this account do it ({said or 'no reason given'})", CLOSING
        case openai.BadRequestError() | openai.NotFoundError() if "model" in (said + str(error.param)).lower():
            model = job.model if job else "this model"
            return f"OpenAI does not tune {model} ({said}); choose another --model. {CLOSING}"
        case openai.APIStatusError() if not isinstance(error, openai.RateLimitError):
            what, remedy = trouble(error)[0], "try again"  # another model would help no more
        case _:
            what, remedy = trouble(error)
    goes_on = f"; job {job.id} goes on at OpenAI: run the same command again" if job and job.id else ""
    return f"{what}; {remedy}{goes_on}"
