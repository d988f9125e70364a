"""A local server that speaks OpenAI's files and fine-tuning API, with a script for the job.

    with FakeFineTuning([("queued", 1), ("running", 3), ("succeeded", 4)]) as server:
        client = openai.OpenAI(api_key="x", base_url=server.url, max_retries=0)

Each time the job is retrieved it takes the next entry (state, how many events there are by now); the last one stays.
"""

from __future__ import annotations

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TUNED = "ft:gpt-4.1-mini-2025-04-14:me:pirate:AbC"


class FakeFineTuning:
    def __init__(self, script: list[tuple[str, int]] | None = None, error: str = "") -> None:
        self.script = list(script or [("succeeded", 3)])
        self.error = error
        """The reason of a failed job."""
        self.files: dict[str, str] = {}
        """Id -> content of each upload."""
        self.jobs: dict[str, dict[str, Any]] = {}
        self.calls: list[str] = []
        """``POST /v1/files`` ..., newest last."""
        self.broken = 0
        """So many requests from now on get no answer: the connection is closed."""
        self.lose_created = False
        """The next job is created, and the answer lost."""
        self.refuse: tuple[int, dict[str, Any]] | None = None
        """Status and error that every POST gets."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"

    def __enter__(self) -> FakeFineTuning:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def events(self) -> list[dict[str, Any]]:
        """Oldest first: a message, then metrics of one step after the other."""
        _, count = self.script[0]
        return [
            {
                "id": f"ev-{n}",
                "object": "fine_tuning.job.event",
                "created_at": 1_790_000_000 + n,
                "level": "info",
                **(
                    {"type": "message", "message": "Created fine-tuning job", "data": None}
                    if n == 0
                    else {
                        "type": "metrics",
                        "message": f"Step {n}",
                        "data": {"step": n, "total_steps": 200, "train_loss": 3.0 / n, "full_valid_loss": 3.5 / n},
                    }
                ),
            }
            for n in range(count)
        ]


def _handler(fake: FakeFineTuning) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            address = urlsplit(self.path)
            query = {key: values[0] for key, values in parse_qs(address.query).items()}
            if self._breaks():
                return
            if address.path == "/v1/fine_tuning/jobs":
                self._answer({"object": "list", "has_more": False, "data": list(fake.jobs.values())[::-1]})
                return
            job = fake.jobs.get(address.path.split("/")[4])
            if job is None:
                self._answer({"error": {"message": "Could not find fine tune", "code": "fine_tune_not_found"}}, 404)
            elif address.path.endswith("/events"):
                found = fake.events()[::-1]
                if "after" in query:
                    found = found[next(n for n, event in enumerate(found) if event["id"] == query["after"]) + 1 :]
                limit = int(query["limit"])
                self._answer({"object": "list", "has_more": len(found) > limit, "data": found[:limit]})
            else:
                if job["status"] != "cancelled":
                    if len(fake.script) > 1 and job["retrieved"]:
                        fake.script.pop(0)
                    job["retrieved"] = True
                    job["status"] = fake.script[0][0]
                    if job["status"] == "succeeded":
                        job |= {"fine_tuned_model": TUNED, "trained_tokens": 4321}
                    if job["status"] == "failed":
                        job["error"] = {"code": "bad", "message": fake.error}
                self._answer(job)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"] or 0))
            if self._breaks():
                return
            if fake.refuse:
                status, error = fake.refuse
                self._answer({"error": error}, status)
            elif self.path == "/v1/files":
                assert b'name="purpose"' in body and b"fine-tune" in body
                name = re.search(rb'filename="([^"]*)"', body)[1].decode()
                content = re.search(rb'filename="[^"]*"\r\n(?:[^\r]+\r\n)*\r\n(.*?)\r\n--', body, re.DOTALL)[1].decode()
                number = f"file-{len(fake.files) + 1}"
                fake.files[number] = content
                self._answer(
                    {
                        "id": number,
                        "object": "file",
                        "bytes": len(content),
                        "created_at": 1,
                        "filename": name,
                        "purpose": "fine-tune",
                        "status": "processed",
                    }
                )
            elif self.path == "/v1/fine_tuning/jobs":
                wanted = json.loads(body)
                number = f"ftjob-{len(fake.jobs) + 1}"
                fake.jobs[number] = {
                    **wanted,
                    "id": number,
                    "object": "fine_tuning.job",
                    "created_at": 1,
                    "status": "validating_files",
                    "organization_id": "org",
                    "result_files": [],
                    "hyperparameters": {},
                    "fine_tuned_model": None,
                    "finished_at": None,
                    "trained_tokens": None,
                    "error": None,
                    "retrieved": False,
                }
                if fake.lose_created:
                    fake.lose_created = False
                    self._close()
                else:
                    self._answer(fake.jobs[number])
            else:
                job = fake.jobs[self.path.split("/")[4]]
                job["status"] = "cancelled"
                self._answer(job)

        def _breaks(self) -> bool:
            fake.calls.append(f"{self.command} {urlsplit(self.path).path}")
            if fake.broken:
                fake.broken -= 1
                self._close()
                return True
            return False

        def _close(self) -> None:
            self.close_connection = True
            self.connection.close()

        def _answer(self, body: Any, status: int = 200) -> None:
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    return Handler
