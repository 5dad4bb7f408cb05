"""Certificates in every form people keep them in, and what is said of those that do not fit."""

from collections.abc import Callable
from pathlib import Path

import pytest

from cipp_tui.api.certificates import load_certificate
from cipp_tui.domain.problems import ConfigProblem
from tests import credentials as made

BROKEN_KEY = b"-----BEGIN PRIVATE KEY-----\nrubbish\n-----END PRIVATE KEY-----\n"
KEY = "profiles.acme.client_certificate"


def written(folder: Path, content: bytes) -> Path:
    path = folder / "app.pem"
    path.write_bytes(content)
    path.chmod(0o600)
    return path


@pytest.mark.parametrize(
    ("content", "passphrase"),
    [
        (lambda: made.pem(), None),
        (lambda: made.pem(), made.PASSPHRASE),  # given though none is needed
        (lambda: made.pem(passphrase=made.PASSPHRASE), made.PASSPHRASE),
        (lambda: made.certificate_pem(1) + made.pem(), None),  # a chain, in any order
        (lambda: made.pfx(), None),
        (lambda: made.pfx(passphrase=made.PASSPHRASE), made.PASSPHRASE),
    ],
    ids=["pem", "pem, passphrase not needed", "encrypted pem", "chain", "pfx", "encrypted pfx"],
)
def test_key_and_certificate_are_read_from_pem_and_pfx(
    tmp_path: Path, content: Callable[[], bytes], passphrase: str | None
) -> None:
    found = load_certificate(written(tmp_path, content()), passphrase, key=KEY)

    assert found.key.private_numbers() == made.rsa_key(0).private_numbers()
    assert found.der == made.registered().der
    assert found.ends_at == made.ENDS
    assert "PRIVATE" not in repr(found)
    assert "der=" not in repr(found)


@pytest.mark.parametrize(
    ("content", "passphrase", "words"),
    [
        (lambda: made.certificate_pem(), None, "no private key"),
        (lambda: made.key_pem(), None, "no certificate"),
        (lambda: made.pem(of=1), None, "no certificate that belongs to it"),
        (lambda: made.pem(passphrase=made.PASSPHRASE), None, "no passphrase is given"),
        (lambda: made.pem(passphrase=made.PASSPHRASE), "wrong", "passphrase is wrong"),
        (lambda: made.pfx(passphrase=made.PASSPHRASE), "wrong", "passphrase is wrong"),
        (lambda: made.pfx(passphrase=made.PASSPHRASE), None, "passphrase is wrong"),
        (lambda: made.ec_pem(), None, "not RSA"),
        (lambda: b"", None, "neither PEM nor PFX"),
        (lambda: b"\0\xff rubbish", None, "neither PEM nor PFX"),
        (
            lambda: b"-----BEGIN PRIVATE KEY-----\nrubbish\n-----END PRIVATE KEY-----\n",
            None,
            "cannot be",
        ),
        (lambda: made.key_pem()[:700] + made.certificate_pem(), None, "private key"),
        (lambda: made.pem() + b"x" * (1 << 18), None, "larger than"),
    ],
    ids=[
        "certificate only",
        "key only",
        "foreign certificate",
        "no passphrase",
        "wrong passphrase",
        "pfx, wrong passphrase",
        "pfx, no passphrase",
        "curve",
        "empty",
        "rubbish",
        "rubbish in pem",
        "cut key",
        "large",
    ],
)
def test_what_does_not_fit_is_named_with_its_fix_and_without_its_content(
    tmp_path: Path, content: Callable[[], bytes], passphrase: str | None, words: str
) -> None:
    path = written(tmp_path, content())

    with pytest.raises(ConfigProblem) as caught:
        load_certificate(path, passphrase, key=KEY)

    told = str(caught.value)
    assert words in told
    assert told.startswith(f"{KEY}: {path}")
    assert caught.value.fix
    assert made.PASSPHRASE not in told
    assert "MII" not in told


def test_a_key_that_others_can_read_is_refused_as_ssh_does(tmp_path: Path) -> None:
    path = written(tmp_path, made.pem())
    path.chmod(0o644)

    with pytest.raises(ConfigProblem, match="can be read by others"):
        load_certificate(path, None, key=KEY)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigProblem, match="is not there"):
        load_certificate(tmp_path / "none.pem", None, key=KEY)
