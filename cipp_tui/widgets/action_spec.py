"""What an action is: its keys and words, where it works, what it asks before it acts.

Imports no Textual, so that the command line can use it.
"""

from dataclasses import KW_ONLY, dataclass
from enum import IntEnum, StrEnum

from cipp_tui.domain.jobs import Action


class Place(StrEnum):
    """Where a key works."""

    ANY = "everywhere"
    TABLE = "tables"
    TENANTS = "tenants"
    PANEL = "info panel"
    JOBS = "jobs"
    JOB = "results of a job"
    TRACE = "GDAP trace"


class Group(StrEnum):
    """Under which heading help shows it, in this order."""

    MOVE = "Move"
    MARK = "Mark"
    TENANTS = "Tenants"
    JOBS = "Jobs"
    SEE = "See"
    PANEL = "Info panel"
    EVERYWHERE = "Everywhere"


class Danger(IntEnum):
    """How much is asked before one tenant is worked on."""

    NONE = 0
    ASK = 1
    TYPE = 2


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """Something a key does. `keys` are as an admin writes them: "x", "?,f1", "ctrl+r"."""

    id: str  # stable: users' key maps name it
    keys: str
    label: str  # for the hint bar: one word where possible
    help: str  # one line, lower case, no full stop
    _: KW_ONLY
    group: Group
    place: Place
    writes: bool = False
    action: Action | None = None  # which tenants fit is judged by it
    rank: int = 99  # the hint bar keeps the lowest
    show: bool = False  # in the hint bar
    danger: Danger = Danger.NONE
    many: bool = False  # works on the marked tenants
    palette: bool = True  # listed among the commands; movement is not
    short: str = ""  # label of the hint bar on narrow screens
    wide: str = ""  # and on wide ones

    @property
    def key(self) -> str:
        """The key to show: the first one."""
        return self.keys.split(",")[0]
