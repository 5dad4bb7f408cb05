"""What a shell is given can be put on its command line as it is."""

import shutil
import subprocess

import pytest

from cipp_tui.cli.completing import _finder

NAMES = ("~root", "# x", "=ls", "^a", "$(id)", "a b", "it's", "a;b", "`id`", "a&b", "x{1,2}", "!!")


def quoted(name: str, prequote: str = "") -> str:
    (one,) = _finder().quote_completions([name], prequote, None)
    return one.removesuffix(" ")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shell", ["bash", "zsh", "sh"])
def test_a_shell_reads_it_back_as_the_name(
    name: str, shell: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = shutil.which(shell)
    if path is None:
        pytest.skip(f"{shell} is not here")
    monkeypatch.setenv("_ARGCOMPLETE_SHELL", shell)

    done = subprocess.run(
        [path, "-c", f"printf %s {quoted(name)}"], capture_output=True, text=True, check=True
    )

    assert done.stdout == name


@pytest.mark.parametrize("name", ["~root", "# x"])
def test_inside_quotes_nothing_is_escaped_that_stands_for_itself(name: str) -> None:
    assert quoted(name, '"') == name
