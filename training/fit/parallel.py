"""Several GPUs: one process for each, begun by `accelerate launch`; the first one tells and writes.

An optimizer step takes the same rows as on one GPU, divided among the processes, so the steps are the plan's.
"""

from __future__ import annotations

import atexit
import logging
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

from training.recipe import Recipe

_PATIENCE = timedelta(hours=1)  # for the first process, which alone asks the base model its questions
_INTERRUPTED = 130  # the exit code


def processes() -> int:
    """Of this run, this one included."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def first() -> bool:
    return os.environ.get("RANK", "0") == "0"


def to_begin(recipe: Recipe) -> int:
    """How many processes are to be begun for the GPUs that CUDA_VISIBLE_DEVICES names; 1 = this one trains.

    As many as can take equal parts of the rows of a step.
    """
    if processes() > 1 or "," not in os.environ.get("CUDA_VISIBLE_DEVICES", ""):
        return 1
    import torch

    rows, gpus = recipe.batch * recipe.accumulate, torch.cuda.device_count()
    return max((count for count in range(1, gpus + 1) if rows % count == 0), default=1)


def share(recipe: Recipe) -> Recipe:
    """The recipe of one process: its part of each step, in batches no larger than the recipe's."""
    rows = recipe.batch * recipe.accumulate // processes()
    batch = max(size for size in range(1, recipe.batch + 1) if rows % size == 0)
    return replace(recipe, batch=batch, accumulate=rows // batch)


def launch(words: Sequence[str], count: int) -> int:
    """Run ``python -m`` with ``words`` in ``count`` processes until they end; the exit code of the first that failed.

    They print where this process does, and get the signals that end it.
    """
    from accelerate.commands.launch import launch_command, launch_command_parser
    from torch.distributed.elastic.multiprocessing.api import SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError

    logging.getLogger("torch.distributed.elastic").setLevel(logging.CRITICAL)  # the processes say why they end
    os.dup2(sys.stderr.fileno(), 2)
    options = ["--multi_gpu", "--num_processes", str(count), "--num_machines", "1", "--main_process_port", "0"]
    options += ["--mixed_precision", "no", "--dynamo_backend", "no", "--module"]  # SFTConfig chooses the precision
    try:
        launch_command(launch_command_parser().parse_args([*options, *words]))
    except ChildFailedError as error:
        return int(error.get_first_failure()[1].exitcode)
    except SignalException:
        return _INTERRUPTED
    return 0


@contextmanager
def together(on_gpu: bool) -> Iterator[None]:
    """The processes of a run know each other within it, and each has a GPU of its own."""
    if processes() == 1:
        yield
        return
    import torch.distributed
    from accelerate import PartialState

    PartialState(cpu=not on_gpu, timeout=_PATIENCE)
    try:
        yield
    except BaseException as error:
        # The others may wait for what never comes, so the group is not ended; its threads would abort a usual exit.
        atexit.register(_leave, _INTERRUPTED if isinstance(error, KeyboardInterrupt) else 1)
        raise
    torch.distributed.destroy_process_group()


def _leave(code: int) -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def agreed(make: Callable[[], Any]) -> Any:
    """What the first process makes, in all of them."""
    if processes() == 1:
        return make()
    import torch.distributed

    said = [make() if first() else None]
    torch.distributed.broadcast_object_list(said)
    return said[0]
