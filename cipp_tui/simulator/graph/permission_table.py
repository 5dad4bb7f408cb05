"""Which permissions open which call, for delegated and application tokens apart.

The rows are Microsoft's own, from the permission data behind its Graph Explorer (2026-08-07), for
the calls that are served here. A permission names every one that opens a call: a higher one that is
not in the table does not.
Source: microsoftgraph/microsoft-graph-devx-content, permissions.
"""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Literal

TokenKind = Literal["delegated", "application"]

_FILE: Final = Path(__file__).with_name("permissions.tsv")
_CAST: Final = re.compile(r"/#?(microsoft\.)?graph\.\w+$")

WITHOUT_ROW: Final[Mapping[tuple[str, str], frozenset[str]]] = {
    # The table knows no directoryObjects; the page asks for a permission that reads directories.
    # Source: Graph docs, "directoryObject: getByIds".
    ("directoryobjects/getbyids", "POST"): frozenset({"Directory.Read.All"}),
}

# What CIPP grants app roles with: its first consent holds Directory.ReadWrite.All and no
# Directory.Read.All. Source: CIPP-API, Set-CIPPCPVConsent, Add-CIPPApplicationPermission.
_IMPLIED_BY: Final[Mapping[str, frozenset[str]]] = {
    "Application.Read.All": frozenset({"Application.ReadWrite.All"}),
    "Directory.Read.All": frozenset({"Directory.ReadWrite.All"}),
}


# The data lists the second halves of "… and …" as permissions of their own: by it whoever may read
# the directory may give app roles. The page says "and": the first half is always demanded.
# Source: Graph docs, "Grant an appRoleAssignment to a service principal", permissions.
_GIVES_APP_ROLES: Final = "AppRoleAssignment.ReadWrite.All"
_APP_ROLES: Final = ("/approleassignments", "/approleassignedto")


@dataclass(frozen=True, slots=True)
class Row:
    """One permission that opens a call, and what it needs beside it: any one of these."""

    permission: str
    beside: frozenset[str]

    def is_held(self, held: frozenset[str]) -> bool:
        """Whether a token with these permissions has what the row names."""
        if self.permission not in held:
            return False
        return not self.beside or any(
            name in held or held & _IMPLIED_BY.get(name, frozenset()) for name in self.beside
        )


def table_key(template: str, method: str) -> tuple[str, str]:
    """Under which name the table has a served path: without casts and `$ref`."""
    return _CAST.sub("", template.lower().replace("/$ref", "")), method


@cache
def rows() -> Mapping[tuple[str, str, str], tuple[Row, ...]]:
    """Every row, by path, method and kind of token."""
    found: dict[tuple[str, str, str], list[Row]] = {}
    with _FILE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            beside = frozenset(filter(None, row["also_requires"].split(",")))
            if row["method"] == "POST" and row["path"].endswith(_APP_ROLES) and not beside:
                beside = frozenset({_GIVES_APP_ROLES})
            key = (row["path"], row["method"], row["token"])
            found.setdefault(key, []).append(Row(row["permission"], beside))
    return {key: tuple(value) for key, value in found.items()}


def has_row(template: str, method: str) -> bool:
    """Whether the table, or an argument beside it, tells what a served call needs."""
    path, verb = table_key(template, method)
    kinds: tuple[TokenKind, ...] = ("delegated", "application")
    return (path, verb) in WITHOUT_ROW or any((path, verb, kind) in rows() for kind in kinds)


@cache
def is_open(template: str, method: str, kind: TokenKind, held: frozenset[str]) -> bool:
    """Whether a token of a kind that holds these permissions may make a call."""
    path, verb = table_key(template, method)
    if (argued := WITHOUT_ROW.get((path, verb))) is not None:
        implied = {name for one in argued for name in _IMPLIED_BY.get(one, frozenset())}
        return bool((argued | implied) & held)
    return any(row.is_held(held) for row in rows().get((path, verb, kind), ()))
