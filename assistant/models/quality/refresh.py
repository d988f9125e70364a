"""Newer figures, where the network allows. Only the arena's table is kept anywhere as a plain file; the Open LLM
Leaderboard is retired, and Artificial Analysis publishes a page for people, which is not taken apart here."""

from __future__ import annotations

import csv
import io
import json
import tomllib
from collections.abc import Mapping
from pathlib import Path

from assistant.errors import AssistantError
from assistant.models import quality
from rag import proxies
from rag.atomic import replacing

API = "https://api.github.com"
RAW = "https://raw.githubusercontent.com"
_REPOSITORY, _FILE = "fboulnois/llm-leaderboard-csv", "csv/lmarena_text.csv"
_TIMEOUT = 10.0
_MOST = 4 << 20  # bytes of the table


def refresh() -> str:
    """What came of it, in a sentence. Raises AssistantError when the network does not allow it."""
    shipped = Path(quality.__file__).with_name("arena.toml")
    newer = quality.kept() / shipped.name
    now = tomllib.loads((newer if newer.is_file() else shipped).read_text(encoding="utf-8"))
    commit, day = _newest()
    if day <= now["date"]:
        return f"The arena's table of {now['date']} is the newest that there is."
    rows = _rows(_get(f"{RAW}/{_REPOSITORY}/{commit}/{_FILE}"))
    text = _table(now["figures"], rows, commit, day)
    newer.parent.mkdir(parents=True, exist_ok=True)
    with replacing(newer) as part:
        part.write_text(text, encoding="utf-8")
    return f"The arena's figures are of {day} now (they were of {now['date']})."


def _newest() -> tuple[str, str]:
    """The last change of the table: commit, and the day of it."""
    try:
        change = json.loads(_get(f"{API}/repos/{_REPOSITORY}/commits?path={_FILE}&per_page=1"))[0]
        commit, day = str(change["sha"]), str(change["commit"]["committer"]["date"])[:10]
    except (ValueError, LookupError, TypeError):
        raise AssistantError(f"{API} tells nothing of {_REPOSITORY} that can be read; try again later") from None
    if not (commit.isalnum() and len(commit) == 40):
        raise AssistantError(f"{API} names no commit of {_REPOSITORY}; try again later")
    return commit, day


def _rows(text: str) -> dict[str, tuple[float, int]]:
    """Model, as the arena calls it -> rating and votes."""
    try:
        return {
            row["model"]: (float(row["arena_score"]), int(row["votes"])) for row in csv.DictReader(io.StringIO(text))
        }
    except (KeyError, ValueError, TypeError):
        raise AssistantError(
            f"The arena's table in {_REPOSITORY} is written in another way now; the present figures stay in use"
        ) from None


def _table(
    present: Mapping[str, Mapping[str, object]], rows: Mapping[str, tuple[float, int]], commit: str, day: str
) -> str:
    """The models that the present table has, with their new figures; one that is no longer listed loses its own."""
    lines = [
        'scale = "Arena rating"',
        f'date = "{day}"',
        f'source = "https://lmarena.ai/leaderboard, as kept in https://github.com/{_REPOSITORY}/blob/{commit}/{_FILE}"',
        'licence = "single figures quoted; that collection is MPL-2.0"',
        "",
        "[figures]",
    ]
    for name, row in present.items():
        listed = str(row["as"])
        if listed in rows:
            value, votes = rows[listed]
            lines.append(f'"{name}" = {{ as = "{listed}", value = {value:g}, votes = {votes} }}')
    return "\n".join(lines) + "\n"


def _get(url: str) -> str:
    import httpx2

    if wrong := proxies.problem(url):
        raise AssistantError(wrong)
    try:
        answer = httpx2.get(url, timeout=_TIMEOUT)
        answer.raise_for_status()
    except (httpx2.HTTPError, OSError) as error:
        raise AssistantError(
            f"{url.split('/')[2]} cannot be reached for newer figures ({type(error).__name__}); "
            "the present ones stay in use"
        ) from None
    if len(answer.content) > _MOST:
        raise AssistantError(f"{url}: the table is larger than it can be; the present figures stay in use")
    return answer.text
