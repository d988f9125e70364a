"""Addresses that are asked encrypted: a certificate that is not trusted, or no encryption, is told as what it is."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.llm.served import ANSWER, SAID, STOP, Server


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Signed by itself; its key lies beside it."""
    if not (openssl := shutil.which("openssl")):
        pytest.skip("openssl is not installed")
    path = tmp_path_factory.mktemp("certificate") / "own.pem"
    made = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", path.with_suffix(".key"), "-out", path]
    subprocess.run(
        [*made, "-subj", "/CN=me", "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True
    )
    return path


def asked(certificate: Path | None) -> str:
    """What is answered at an address of https, whose server has this certificate; None = it is not encrypted."""
    with Server(lambda body: SAID + STOP) as server:
        if certificate:
            server.encrypt(certificate)
        (answer,) = server.ask(base_url=server.url.replace("http:", "https:"))
        return answer.replace(server.url.partition("//")[2], "HERE")


def test_a_certificate_that_nobody_vouches_for_is_named(certificate: Path) -> None:
    assert asked(certificate).replace("self signed", "self-signed") == (
        " !The certificate of https://HERE is not trusted (self-signed certificate); name a file that holds it in "
        "SSL_CERT_FILE, or correct [llm] base_url"
    )


def test_the_users_own_certificate_counts_for_addresses_of_this_machine(certificate: Path, monkeypatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert asked(certificate) == ANSWER


def test_an_address_without_encryption_is_told_as_one() -> None:
    assert asked(None) == " !https://HERE does not speak https; let [llm] base_url begin with http://"
