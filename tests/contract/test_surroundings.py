"""What the environment and the profile name for the way out: it works, or is named, with exit 2."""

import datetime
import os
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cipp_tui.api.proxies import proxy_for
from cipp_tui.api.tls import tls_context
from cipp_tui.domain.problems import ConfigProblem
from tests.contract.lab import Lab, lab_of
from tests.support import HurriedClock, simulator_for

PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
PEM = ssl.DER_cert_to_PEM_cert
NEVER_SHOWN = "pass-word-of-the-proxy"


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.delenv("SSLKEYLOGFILE", raising=False)


@pytest.fixture
def lab(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Lab]:
    simulator = simulator_for(HurriedClock(datetime.datetime.now(datetime.UTC)), tenants=3)
    with lab_of(simulator, tmp_path, monkeypatch, capsys) as lab:
        yield lab


@pytest.mark.parametrize(
    "value", ["localhost,fe80::/10", "fd07::/64", "[::1]", "::1,*.example", "10.0.0.0/8", ",", "*"]
)
@pytest.mark.parametrize("name", ["NO_PROXY", "no_proxy"])
def test_whatever_is_to_be_reached_without_a_proxy(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.invalid:8080")

    ended = lab.run("sync")

    assert ended.code == 0, ended.err


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("HTTPS_PROXY", f"http://me:{NEVER_SHOWN}@h:80a", "its port is not a number"),
        ("https_proxy", "http://h:99999", "its port is not a number"),
        ("https_proxy", "http://[::1", "its host cannot be read"),
        ("ALL_PROXY", "http://", "it has no host"),
        ("HTTPS_PROXY", "h o s t:80", "it has no host"),
        ("HTTPS_PROXY", "http://h:0", "its port is 0"),
        ("all_proxy", "socks5://h:1080", "reached by 'socks5'"),
        ("HTTPS_PROXY", "file:///etc/passwd", "it has no host"),
    ],
)
def test_what_is_no_proxy_is_named(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, name: str, value: str, why: str
) -> None:
    lab.config.write_text(
        "\n".join(
            line for line in lab.config.read_text().splitlines() if not line.startswith("endpoints")
        )
    )
    monkeypatch.setenv(name, value)

    for command in (["sync"], ["profiles", "check"], ["refresh", "--all"]):
        ended = lab.run(*command)

        assert ended.code == 2, ended.err
        assert ended.err.startswith(f"cipp-tui: {name} ")
        assert why in ended.err
        assert ended.err.count("\n") == 1
        assert NEVER_SHOWN not in ended.err


@pytest.mark.parametrize("value", ["proxy.example:8080", "http://u:p%40ss@proxy.example:8080"])
def test_a_proxy_is_found(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", value)

    found = proxy_for("https://graph.microsoft.com")

    assert found is not None
    assert found.endswith(value)
    assert proxy_for("https://127.0.0.1:8443") is None


@pytest.mark.skipif(os.name != "posix", reason="paths of a Unix")
def test_a_key_log_that_cannot_be_written_is_named(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", "/nonexistent/keys.log")

    ended = lab.run("sync")

    assert ended.code == 2
    assert ended.err.startswith("cipp-tui: SSLKEYLOGFILE names /nonexistent/keys.log")
    assert ended.err.count("\n") == 1


@pytest.mark.skipif(os.name != "posix", reason="paths of a Unix")
@pytest.mark.parametrize("kind", ["missing", "pipe", "folder"])
def test_a_key_log_is_named_before_a_library_opens_it(lab: Lab, kind: str) -> None:
    """In a process of its own: the libraries of this one are loaded already."""
    path = lab.folder / "none" / "keys.log" if kind == "missing" else lab.folder / "keys"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()

    done = subprocess.run(
        [sys.executable, "-m", "cipp_tui", "sync"],
        env=os.environ | {"SSLKEYLOGFILE": str(path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith(f"cipp-tui: SSLKEYLOGFILE names {path}, which ")
    assert done.stderr.count("\n") == 1


def certificate() -> bytes:
    """Some authority of this system."""
    found = ssl.create_default_context().get_ca_certs(binary_form=True)
    if not found:
        pytest.skip("this system has no authorities")
    return found[0]


def test_a_bundle_may_hold_words_beside_certificates(tmp_path: Path) -> None:
    bundle = tmp_path / "ca.pem"
    bundle.write_text(f"# Autorité Été\n{PEM(certificate())}\n# ende\n", encoding="utf-8")

    context = tls_context(str(bundle))

    assert context.get_ca_certs(binary_form=True) == [certificate()]
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


@pytest.mark.parametrize("what", ["der", "empty", "text", "damaged", "none", "folder", "pipe"])
def test_a_bundle_that_is_none_is_named(lab: Lab, what: str) -> None:
    bundle = lab.folder / "ca.pem"
    match what:
        case "der":
            bundle.write_bytes(certificate())
        case "empty":
            bundle.write_bytes(b"")
        case "text":
            bundle.write_bytes(b"corporate authorities\n")
        case "damaged":
            bundle.write_text(PEM(certificate()).replace("A", "!", 3))
        case "folder":
            bundle.mkdir()
        case "pipe":
            os.mkfifo(bundle)
    with lab.config.open("a") as config:
        config.write(f'ca_bundle = "{bundle}"\n')

    ended = lab.run("sync")

    assert ended.code == 2, ended.err
    assert "profiles.lab.ca_bundle: " in ended.err
    assert str(bundle) in ended.err or what == "none"
    assert ended.err.count("\n") == 1
    if what in ("der", "text"):
        assert "not PEM" in ended.err


def test_whoever_opens_connections_names_the_setting_only() -> None:
    with pytest.raises(ConfigProblem) as told:
        tls_context("/nonexistent/ca.pem")

    assert told.value.key == "ca_bundle"
