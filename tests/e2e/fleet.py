"""A simulated fleet in a process of its own, and the program pointed at it."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PROGRAM = (sys.executable, "-m", "cipp_tui")


@dataclass(frozen=True, slots=True)
class Fleet:
    """Where the simulator is, and the environment the program needs to reach it."""

    process: subprocess.Popen[str]
    control: str
    env: Mapping[str, str]
    told: Mapping[str, Any] = field(default_factory=dict)  # addresses and credentials

    def ask(self, route: str, facts: object = None) -> Any:
        """Ask the simulator about its world, or change it."""
        content = json.dumps(facts).encode() if facts is not None else None
        method = "POST" if facts is not None else "GET"
        request = urllib.request.Request(  # noqa: S310 - loopback
            f"{self.control}/__simulator/{route}", data=content, method=method
        )
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return json.loads(answer.read() or b"null")

    def count(self, route: str) -> int:
        """How often a route was asked."""
        return int(self.ask("counts")["routes"].get(route, 0))

    def run(
        self, *words: str, expect: int | None = 0, stdin: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run the command line to its end."""
        done = subprocess.run(
            [*PROGRAM, *words],
            env=dict(self.env),
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        if expect is not None:
            assert done.returncode == expect, (done.returncode, done.stdout, done.stderr)
        return done

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start the command line and leave it running."""
        return subprocess.Popen(
            [*PROGRAM, *words],
            env=dict(self.env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


def json_lines(text: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The objects of a --json answer, and its summary."""
    objects = [json.loads(line) for line in text.splitlines()]
    return objects[:-1], objects[-1]["summary"]


@contextmanager
def simulated_fleet(
    folder: Path,
    *,
    tenants: int = 60,
    seed: int = 7,
    latency_ms: float = 0,
    faults: str = "none",
    extra: Sequence[str] = (),
) -> Iterator[Fleet]:
    """Start `cipp-tui simulate` and stop it again."""
    config = folder / "config.toml"
    process = subprocess.Popen(
        [
            *(*PROGRAM, "simulate", "--host", "127.0.0.1", "--port", "0"),
            *("--tenants", str(tenants), "--seed", str(seed), "--latency", str(latency_ms)),
            *("--faults", faults, "--profile-out", str(config), *extra),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        env = {
            **{name: value for name, value in os.environ.items() if not _ours(name)},
            **told["env"],
            "CIPP_TUI_CONFIG": str(config),
            "CIPP_TUI_DATA": str(folder / "state"),
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "TEXTUAL_ANIMATIONS": "none",
        }
        yield Fleet(process, told["login"], env, told)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)
        if process.stdout is not None:
            process.stdout.close()


def _ours(name: str) -> bool:
    return name.startswith("CIPP_TUI_") or name in ("NO_COLOR", "SSH_CONNECTION", "SSH_TTY")
