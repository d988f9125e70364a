from __future__ import annotations

import json
import threading
import tomllib
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from assistant import cli
from assistant.errors import AssistantError
from assistant.models import catalogue, quality, source
from assistant.models.quality import refresh


@pytest.fixture(autouse=True)
def data(tmp_path, monkeypatch):
    monkeypatch.setattr(quality, "data_folder", lambda: tmp_path)
    return tmp_path


def test_no_figure_lacks_its_source_or_date() -> None:
    figures = [figure for of_model in quality.figures().values() for figure in of_model]
    assert len(figures) > 30
    for figure in figures:
        assert figure.source.startswith("https://") and figure.licence and figure.scale, figure
        assert date(2024, 1, 1) <= date.fromisoformat(figure.date) <= date(2026, 11, 30)


@pytest.mark.parametrize("key", ["date", "source", "licence", "scale"])
def test_a_table_without_them_is_refused(data, key) -> None:
    shipped = next(path for path in quality.shipped() if path.name == "arena.toml")
    lines = shipped.read_text().splitlines()
    (data / "quality").mkdir()
    for lacking in ([line for line in lines if not line.startswith(key)], [*lines, ""]):
        text = "\n".join(f'{key} = ""' if line.startswith(key) else line for line in lacking)
        (data / "quality" / "arena.toml").write_text(text)
        with pytest.raises(AssistantError, match="table of figures cannot be used"):
            quality.figures()


def test_what_was_not_found_is_not_rated() -> None:
    assert quality.said("gemma-3-1b") == "not rated"
    assert quality.said("gemma-3-4b") == "Arena rating 1293 (4,321 votes, 2025-08-04)"


def test_scales_and_dates_are_never_mixed() -> None:
    both = quality.compared("llama-3.2-3b", "smollm2-1.7b")
    assert both and both[0].scale == both[1].scale == "Arena rating"
    assert quality.compared("qwen3.5-4b", "qwen3-8b") is None  # two versions of one index
    assert quality.compared("phi-4-mini", "gemma-3-4b") is None


def test_every_figure_is_of_a_model_that_is_named_alike_elsewhere() -> None:
    names = {row.name for row in catalogue.rows()} | set(source.known()) | {"bundled"}
    rated = set(quality.figures())
    assert len(rated & names) >= 12


TABLE = (
    "rank,rank_stylectrl,model,arena_score,95_pct_ci,votes,organization,license,knowledge_cutoff,url\n"
    "1,1,Gemma-3-4B-it,1301,+9/-9,9999,Google,Gemma,,u\n"
)


@pytest.fixture
def server(monkeypatch):
    """A far side with a newer table; ``bodies`` can be changed."""
    day = [{"sha": "a" * 40, "commit": {"committer": {"date": "2026-10-01T00:00:00Z"}}}]
    bodies = {"commits": json.dumps(day), "csv": TABLE}

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_args: object) -> None:
            """Quiet."""

        def do_GET(self) -> None:
            body = bodies["commits" if "/commits?" in self.path else "csv"].encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    for name in ("API", "RAW"):
        monkeypatch.setattr(refresh, name, f"http://127.0.0.1:{running.server_port}")
    yield bodies
    running.shutdown()
    running.server_close()


def test_refresh_takes_newer_figures_with_their_source_and_date(server, data) -> None:
    assert "are of 2026-10-01 now" in refresh.refresh()
    assert quality.said("gemma-3-4b") == "Arena rating 1301 (9,999 votes, 2026-10-01)"
    assert "a" * 40 in quality.of("gemma-3-4b")[0].source
    assert quality.compared("gemma-3-4b", "llama-3.2-3b") is None  # no longer listed
    assert "newest that there is" in refresh.refresh()
    assert tomllib.loads((data / "quality" / "arena.toml").read_text())["date"] == "2026-10-01"


@pytest.mark.parametrize(("which", "body"), [("commits", "[]"), ("commits", "<html>"), ("csv", "a,b\n1,2\n")])
def test_refresh_of_what_cannot_be_read_leaves_the_figures(server, which, body) -> None:
    server[which] = body
    before = quality.said("gemma-3-4b")
    with pytest.raises(AssistantError):
        refresh.refresh()
    assert quality.said("gemma-3-4b") == before


def test_refresh_without_network_says_so_in_a_sentence(monkeypatch, capsys) -> None:
    monkeypatch.setattr(refresh, "API", "http://127.0.0.1:9")
    assert cli.main(["models", "refresh"]) == 1
    err = capsys.readouterr().err
    assert "cannot be reached for newer figures" in err and err.count("\n") == 1
