"""CI runs what the README names."""

from __future__ import annotations

import re

from tests.ci.pretended import ROOT, Machine


def test_ci_runs_the_readmes_test_command() -> None:
    (command,) = re.findall(r"^exec (.+)$", (ROOT / ".ci/run").read_text(encoding="utf-8"), flags=re.MULTILINE)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert command == "make test"
    assert re.search(rf"^{command}\b", readme, flags=re.MULTILINE)


def test_ci_hands_on_the_test_data_beside_the_checkout_and_the_tests_exit_code(machine: Machine) -> None:
    (machine.repo.parent / "shared/data").mkdir(parents=True)
    machine.has_no("make")
    machine.command("make", 'echo "$*: $ASSISTANT_TEST_DATA"; [ "$*" = lint ] || exit 7')
    run = machine.run("bash", ".ci/run")
    assert run.stdout.splitlines() == [f"{what}: {machine.repo.parent / 'shared/data'}" for what in ("lint", "test")]
    assert run.returncode == 7


def test_ci_ends_at_a_finding_of_the_lint(machine: Machine) -> None:
    machine.has_no("make")
    machine.command("make", "exit 3")
    assert machine.run("bash", ".ci/run").returncode == 3
    assert machine.calls("^make") == ["make lint"]
