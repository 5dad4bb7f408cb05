"""Every code that the program itself gives a problem has words of its own, or speaks for itself."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

import cipp_tui
from cipp_tui.domain import problems
from cipp_tui.domain.problems import ConfigProblem, Problem
from cipp_tui.services.advice import Surface, advise
from cipp_tui.services.advice_local import IN_ITS_OWN_WORDS, LOCAL

FOLDER: Final = Path(cipp_tui.__file__).parent
THE_FAMILY_SAYS_IT: Final = {
    *("lost-reply", "unreachable", "not-understood", "stopped", "unforeseen"),
    "host",  # MSAL asked for another host: an answer of another shape led it there
}


def raised() -> Iterator[tuple[str, type[Problem]]]:
    """Each code in the source, and the kind of problem it is given to."""
    for path in FOLDER.rglob("*.py"):
        if "simulator" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            kind = getattr(problems, node.func.id, None)
            if not isinstance(kind, type) or not issubclass(kind, Problem):
                continue
            for word in node.keywords:
                if word.arg == "code" and isinstance(word.value, ast.Constant):
                    yield str(word.value.value), kind


FOUND: Final = sorted(set(raised()), key=lambda pair: (pair[0], pair[1].__name__))


def test_the_source_was_read() -> None:
    assert len(FOUND) > 40


@pytest.mark.parametrize(("code", "kind"), FOUND)
def test_a_code_of_our_own_is_told_as_what_it_is(code: str, kind: type[Problem]) -> None:
    problem = kind("What happened", code=code)

    advice = advise(problem)

    own_words = issubclass(kind, IN_ITS_OWN_WORDS)
    assert code in LOCAL or own_words or code in THE_FAMILY_SAYS_IT
    assert not own_words or code in LOCAL or "What happened" in advice.headline
    for surface in Surface:
        step = advice.next_step(surface)
        assert step.strip()
        assert surface is Surface.COMMAND_LINE or "--" not in step


def test_a_role_of_the_configuration_is_named_in_the_headline() -> None:
    problem = ConfigProblem("role-1 cannot be given", key="directory_roles", code="directory-role")

    advice = advise(problem)

    assert "directory_roles" in advice.headline
    assert "role-1" in advice.headline
    assert advice.kind == "config"
