"""`make audit`: asks PyPI's advisories about every release that the lock files pin, and about torch.

Exit code: 0 nothing is known against them, 1 something is, 2 not all could be looked up.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
_PIN = re.compile(r"^([\w.-]+)(?:\[[^]]*\])?(==[^\s;]+)", flags=re.MULTILINE)


def pinned() -> list[str]:
    """``name==release``, each once."""
    files = [*HERE.glob("*.txt"), HERE.parent / "voice.txt"]
    pins = {"".join(pin) for path in files for pin in _PIN.findall(path.read_text(encoding="utf-8"))}
    return sorted(pins | set(re.findall(r'"(torch==[^"]+)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"))))


def told(answer: list[dict], error: str) -> tuple[int, str]:
    """The exit code and what to print. ``answer``: pip-audit's, empty where it gave none but ``error``."""
    missed = [one["name"] for one in answer if "skip_reason" in one]
    flaws = [
        f"{one['name']} {one['version']}: {flaw['id']}, "
        + (f"mended in {', '.join(flaw['fix_versions'])}" if flaw["fix_versions"] else "not mended yet")
        for one in answer
        for flaw in one.get("vulns", ())
    ]
    if not answer or len(missed) == len(answer):
        why = error.strip().splitlines()[-1:] or [
            "it knows none of these packages; a mirror of PyPI may not pass it on"
        ]
        return 2, f"make audit: the advisory service cannot be reached, so nothing was audited ({why[0][:200]})"
    lines = [*flaws, f"make audit: {len(flaws)} flaws are known of {len(answer) - len(missed)} packages"]
    if missed:
        lines.append(f"make audit: of {len(missed)} packages nothing could be learnt: {', '.join(missed)}")
    return 1 if flaws else 2 if missed else 0, "\n".join(lines)


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        asked, answered = Path(folder, "pins.txt"), Path(folder, "answer.json")
        asked.write_text("\n".join(pinned()), encoding="utf-8")
        command = [sys.executable, "-m", "pip_audit", "--no-deps", "--disable-pip", "--progress-spinner=off"]
        command += ["--format=json", f"--output={answered}", f"--requirement={asked}"]
        done = subprocess.run(command, capture_output=True, text=True)
        answer = json.loads(answered.read_text(encoding="utf-8"))["dependencies"] if answered.exists() else []
    code, text = told(answer, "" if answer else done.stderr)
    print(text)
    return code


if __name__ == "__main__":
    sys.exit(main())
