"""Units and crontab lines that can be used as they are printed."""

import re
import shlex
import shutil
import subprocess
from datetime import time
from pathlib import Path

import pytest

from cipp_tui.cli.schedules import cron, passed_on, service_lines, systemd, timer_lines
from cipp_tui.config import DemoProfile, DirectProfile, SecretReference
from cipp_tui.domain.problems import ConfigProblem

GUID = "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3"
DEMO = DemoProfile(name="demo")
DIRECT = DirectProfile(
    name="acme-1",
    backend="direct",
    partner_tenant=GUID,
    client_id=GUID,
    client_secret=SecretReference(env="ACME_SECRET"),
    refresh_token=SecretReference(env="ACME_REFRESH"),
)
WORDS = ["/opt/cipp-tui/bin/cipp-tui", "nightly", "--profile", "acme-1"]
AWKWARD = '/srv/50% $HOME/it\'s "here"/bin/cipp-tui'


# -- systemd ------------------------------------------------------------------------------------
def test_the_timer_says_the_hour_in_utc_and_catches_up() -> None:
    lines = timer_lines("acme-1", time(23, 5))

    assert "OnCalendar=*-*-* 23:05:00 UTC" in lines
    assert "Persistent=true" in lines
    assert lines[-2:] == ["[Install]", "WantedBy=timers.target"]


def test_the_service_passes_profile_and_places_on_and_no_secret() -> None:
    env = {"CIPP_TUI_CONFIG": "/etc/cipp.toml", "CIPP_TUI_DATA": "/var/lib/cipp tui"}

    lines = service_lines(WORDS, DIRECT, env)

    assert "ExecStart=/opt/cipp-tui/bin/cipp-tui nightly --profile acme-1" in lines
    assert "Environment=CIPP_TUI_CONFIG=/etc/cipp.toml" in lines
    assert 'Environment="CIPP_TUI_DATA=/var/lib/cipp tui"' in lines
    assert "EnvironmentFile=%h/.config/systemd/user/cipp-tui-nightly-acme-1.env" in lines
    assert not any("ACME_SECRET" in line for line in lines)


def test_a_profile_without_secrets_in_variables_needs_no_file_of_them() -> None:
    text = systemd(WORDS, DEMO, {}, time(0, 0))

    assert "EnvironmentFile" not in text
    assert "Set " not in text


def test_the_two_units_are_told_apart_and_the_variables_are_named() -> None:
    text = systemd(WORDS, DIRECT, {}, time(0, 0))

    heads = [line for line in text.splitlines() if line.startswith("# ---- ")]
    assert heads == [
        "# ---- cipp-tui-nightly-acme-1.service",
        "# ---- cipp-tui-nightly-acme-1.timer",
    ]
    assert "Set ACME_SECRET and ACME_REFRESH in" in text


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
@pytest.mark.parametrize("folder", ["plain", "with blank", 'it\'s 50% $HOME "quoted"'])
def test_systemd_accepts_the_units_and_finds_the_program(tmp_path: Path, folder: str) -> None:
    program = tmp_path / folder / "cipp-tui"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n", encoding="utf-8")
    program.chmod(0o755)
    env = {"CIPP_TUI_CONFIG": f"{program.parent}/config.toml"}
    units = tmp_path / "units"
    units.mkdir()
    service = service_lines([str(program), *WORDS[1:]], DEMO, env)
    (units / "night.service").write_text("\n".join(service) + "\n", encoding="utf-8")
    timer = timer_lines("demo", time(4, 30))
    (units / "night.timer").write_text("\n".join(timer) + "\n", encoding="utf-8")

    done = subprocess.run(
        ["systemd-analyze", "verify", "--user", str(units / "night.timer"),
         str(units / "night.service")],
        capture_output=True, text=True, timeout=60, check=False,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)},
    )  # fmt: skip

    told = [line for line in done.stderr.splitlines() if "night." in line]
    assert told == []
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemd_understands_the_hour() -> None:
    found = [line for line in timer_lines("demo", time(23, 5)) if line.startswith("OnCalendar=")]

    done = subprocess.run(
        ["systemd-analyze", "calendar", found[0].removeprefix("OnCalendar=")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert re.search(r"Normalized form: \*-\*-\* 23:05:00 UTC", done.stdout)


# -- cron ---------------------------------------------------------------------------------------
def command_of(line: str) -> str:
    """What cron gives to the shell: the sixth field, up to a bare percent sign."""
    field = line.split(" ", 5)[5]
    assert re.search(r"(?<!\\)%", field) is None
    return field.replace("\\%", "%")


def test_the_line_runs_the_program_with_its_places() -> None:
    text = cron(WORDS, DEMO, {"CIPP_TUI_DATA": "/var/lib/cipp tui"}, time(23, 5))

    *above, last = text.splitlines()
    assert above[-1] == "CRON_TZ=UTC"
    assert last.startswith("5 23 * * * ")
    assert shlex.split(command_of(last)) == ["CIPP_TUI_DATA=/var/lib/cipp tui", *WORDS]


def test_no_sign_in_a_path_means_anything_to_cron_or_the_shell(tmp_path: Path) -> None:
    program = tmp_path / 'it\'s 50% $HOME "quoted"' / "cipp-tui"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\necho "$CIPP_TUI_DATA|$*"\n', encoding="utf-8")
    program.chmod(0o755)
    last = cron([str(program), *WORDS[1:]], DEMO, {"CIPP_TUI_DATA": AWKWARD}, time(0, 0))

    done = subprocess.run(
        ["/bin/sh", "-c", command_of(last.splitlines()[-1])],
        capture_output=True,
        text=True,
        timeout=10,
        check=True,
    )

    assert done.stdout == f"{AWKWARD}|nightly --profile acme-1\n"


def test_secrets_come_from_a_file_that_is_named_and_never_stand_in_the_table() -> None:
    text = cron(WORDS, DIRECT, {}, time(0, 0))

    assert "ACME_SECRET and ACME_REFRESH in ~/.config/cipp-tui/nightly-acme-1.env" in text
    assert ". ~/.config/cipp-tui/nightly-acme-1.env; " in text.splitlines()[-1]


# -- both ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("write", [systemd, cron])
def test_a_path_with_a_line_break_is_refused(write: object) -> None:
    assert callable(write)

    with pytest.raises(ConfigProblem, match="no unit or crontab"):
        write(["/opt/a\nb"], DEMO, {}, time(0, 0))


def test_only_the_places_are_passed_on_as_whole_paths(tmp_path: Path) -> None:
    env = {"CIPP_TUI_DATA": "state", "ACME_SECRET": "hidden", "CIPP_TUI_PROFILE": "acme"}

    assert passed_on(env) == {"CIPP_TUI_DATA": str(Path.cwd() / "state")}
