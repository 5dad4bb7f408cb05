"""What a tenant did not let us give, part by part, and what that means for the tenant."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from cipp_tui.domain.permissions import Kind
from cipp_tui.domain.problems import ConfigProblem, Problem, facts_of, problem_from


class Part(StrEnum):
    """What can be refused by itself. Stored in journals: never rename."""

    PRINCIPAL = "service principal"  # of a resource
    APP_ROLE = "app role"
    SCOPES = "delegated permissions"  # of one resource, written together
    DIRECTORY_ROLE = "directory role"
    READING = "reading"  # a part that could not be read: what is there is unknown


@dataclass(frozen=True, slots=True)
class Refusal:
    """One part that was not given, and the service's own reason."""

    part: Part
    ident: str  # app id, app id and role id, or role template id
    name: str  # in words: "Sites.FullControl.All (SharePoint)", "Compliance Administrator"
    problem: Problem
    is_absent: bool = False  # a resource that this tenant cannot have: no licence for it

    @property
    def fails(self) -> bool:
        """Whether the tenant lacks what it should hold.

        A resource it cannot have, and the directory role, are notes; a role that nobody could give
        is the configuration's fault.
        Source: CIPP-API, Push-UpdatePermissionsQueue, Set-CIPPSAMAdminRoles.
        """
        if isinstance(self.problem, ConfigProblem):
            return True
        is_of_directory_role = self.part is Part.DIRECTORY_ROLE or (
            self.part is Part.READING and self.ident == Kind.DIRECTORY_ROLES
        )
        return not self.is_absent and not is_of_directory_role


def failing(refusals: Iterable[Refusal]) -> Refusal | None:
    """The refusal that makes a tenant fail, the configuration's before all; None: all are notes."""
    failed = [refusal for refusal in refusals if refusal.fails]
    ours = [refusal for refusal in failed if isinstance(refusal.problem, ConfigProblem)]
    return next(iter(ours or failed), None)


def summary_of(refusals: Sequence[Refusal]) -> str:
    """In one phrase: "not given: 63 app roles, directory role Compliance Administrator"."""
    names: dict[tuple[Part, bool], list[str]] = {}
    for refusal in refusals:
        names.setdefault((refusal.part, refusal.is_absent), []).append(refusal.name)
    phrases = [
        f"{part} {found[0]}" if len(found) == 1 else f"{len(found)} {_plural(part)}"
        for (part, _), found in names.items()
    ]
    return f"not given: {', '.join(phrases)}" if phrases else ""


def _plural(part: Part) -> str:
    match part:
        case Part.SCOPES:
            return "resources' delegated permissions"
        case Part.READING:
            return "parts that could not be read"
        case _:
            return f"{part}s"


def refusal_facts(refusal: Refusal) -> dict[str, Any]:
    """As plain facts, for the journal."""
    return {
        "part": refusal.part,
        "ident": refusal.ident,
        "name": refusal.name,
        "absent": refusal.is_absent,
        "problem": facts_of(refusal.problem),
    }


def refusal_from(facts: Mapping[str, Any]) -> Refusal:
    """What `refusal_facts` described. Raises: ValueError for a part nobody knows."""
    problem = facts.get("problem")
    return Refusal(
        part=Part(str(facts.get("part"))),
        ident=str(facts.get("ident") or ""),
        name=str(facts.get("name") or ""),
        is_absent=bool(facts.get("absent")),
        problem=problem_from(problem if isinstance(problem, dict) else {}),
    )
