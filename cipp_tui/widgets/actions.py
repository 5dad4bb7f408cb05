"""The one table of actions: keys, hint bar, palette, help and the key page are made from it.

Imports no Textual, so that the command line can print it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import Final

from cipp_tui.domain.jobs import Action


class Place(StrEnum):
    """Where a key works."""

    ANY = "everywhere"
    TABLE = "tables"
    TENANTS = "tenants"
    PANEL = "info panel"
    DOCK = "job dock"
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionSpec:
    """Something a key does. `keys` are as an admin writes them: "x", "?,f1", "ctrl+r"."""

    id: str  # stable: users' key maps name it
    keys: str
    label: str  # for the hint bar: one word where possible
    help: str  # one line, lower case, no full stop
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


SPECS: Final[tuple[ActionSpec, ...]] = (
    # -- tenants: in the order of the hint bar ------------------------------------------------
    ActionSpec(
        id="tenant.exclude",
        keys="x",
        label="Exclude",
        short="Excl",
        help="stop managing, keep in the list; u takes it back",
        group=Group.TENANTS,
        place=Place.TENANTS,
        writes=True,
        action=Action.EXCLUDE,
        rank=2,
        show=True,
        many=True,
    ),
    ActionSpec(
        id="tenant.exclude-reason",
        keys="X",
        label="Exclude with a reason",
        help="as x, and asks for a reason for the log",
        group=Group.TENANTS,
        place=Place.TENANTS,
        writes=True,
        action=Action.EXCLUDE,
        danger=Danger.ASK,
        many=True,
    ),
    ActionSpec(
        id="tenant.include",
        keys="i",
        label="Include",
        short="Incl",
        help="manage an excluded tenant again; u takes it back",
        group=Group.TENANTS,
        place=Place.TENANTS,
        writes=True,
        action=Action.INCLUDE,
        rank=6,
        show=True,
        many=True,
    ),
    ActionSpec(
        id="tenant.refresh",
        keys="r",
        label="Refresh",
        short="Refr",
        wide="Refresh CPV",
        help="refresh CPV permissions: give what is missing, verify; takes nothing away",
        group=Group.TENANTS,
        place=Place.TENANTS,
        writes=True,
        action=Action.REFRESH,
        rank=3,
        show=True,
        many=True,
    ),
    ActionSpec(
        id="tenant.plan",
        keys="p",
        label="Plan",
        help="what a refresh would change; changes nothing",
        group=Group.TENANTS,
        place=Place.TENANTS,
        action=Action.REFRESH,
        rank=9,
        show=True,
        many=True,
    ),
    ActionSpec(
        id="tenant.reset",
        keys="R",
        label="Reset",
        help="take access away and give it back; asks for the typed name",
        group=Group.TENANTS,
        place=Place.TENANTS,
        writes=True,
        action=Action.RESET,
        rank=8,
        show=True,
        danger=Danger.TYPE,
        many=True,
    ),
    ActionSpec(
        id="tenant.clear",
        keys="C",
        label="Clear failures",
        help="set the failure count back and test now",
        group=Group.TENANTS,
        place=Place.TENANTS,
        writes=True,
        action=Action.REFRESH,
        many=True,
    ),
    ActionSpec(
        id="tenant.remove",
        keys="D",
        label="Remove from the list",
        help="until the next full read, unless excluded too; access stays",
        group=Group.TENANTS,
        place=Place.TENANTS,
        writes=True,
        action=Action.REMOVE,
        danger=Danger.ASK,
        many=True,
    ),
    ActionSpec(
        id="tenant.force-refresh",
        keys="F",
        label="Read the tenant list again",
        help="all tenants, one, or the failing ones",
        group=Group.TENANTS,
        place=Place.TENANTS,
        danger=Danger.ASK,
    ),
    ActionSpec(
        id="tenant.undo",
        keys="u",
        label="Take back",
        help="take back the last exclude or include",
        group=Group.TENANTS,
        place=Place.TENANTS,
        writes=True,
    ),
    ActionSpec(
        id="tenant.trace",
        keys="t",
        label="Trace",
        help="which GDAP roles a user of yours holds there, and through which groups",
        group=Group.TENANTS,
        place=Place.TENANTS,
        rank=14,
    ),
    ActionSpec(
        id="tenant.why",
        keys="w",
        label="Why",
        help="ask the services why it does not work; the panel shows it, nothing is changed",
        group=Group.TENANTS,
        place=Place.TENANTS,
        rank=15,
    ),
    ActionSpec(
        id="tenant.latest-job",
        keys="o",
        label="Latest job",
        help="results of the latest job of this tenant",
        group=Group.TENANTS,
        place=Place.TENANTS,
    ),
    # -- marks --------------------------------------------------------------------------------
    ActionSpec(
        id="mark.toggle",
        keys="space",
        label="Mark",
        help="mark, step down",
        group=Group.MARK,
        place=Place.TENANTS,
        rank=10,
        show=True,
    ),
    ActionSpec(
        id="mark.range",
        keys="v",
        label="Mark a range",
        help="range: move, then v or space keeps it, esc drops it",
        group=Group.MARK,
        place=Place.TENANTS,
    ),
    ActionSpec(
        id="mark.all",
        keys="a",
        label="Mark all shown",
        help="all shown",
        group=Group.MARK,
        place=Place.TENANTS,
    ),
    ActionSpec(
        id="mark.invert",
        keys="V",
        label="Invert marks",
        help="invert shown",
        group=Group.MARK,
        place=Place.TENANTS,
    ),
    ActionSpec(
        id="mark.none",
        keys="A",
        label="Unmark all",
        help="none",
        group=Group.MARK,
        place=Place.TENANTS,
    ),
    # -- jobs ---------------------------------------------------------------------------------
    ActionSpec(
        id="job.dock",
        keys="J",
        label="Job dock",
        help="the running job: line, six lines, whole screen",
        group=Group.JOBS,
        place=Place.TENANTS,
        rank=12,
    ),
    ActionSpec(
        id="job.stop",
        keys="K",
        label="Stop job",
        help="what is in flight ends, what waits does not start",
        group=Group.JOBS,
        place=Place.ANY,
        danger=Danger.ASK,
    ),
    ActionSpec(
        id="job.retry",
        keys="r",
        label="Retry failed",
        help="a new job for those that failed or were not started",
        group=Group.JOBS,
        place=Place.JOB,
        writes=True,
        rank=3,
        show=True,
    ),
    ActionSpec(
        id="job.only-failed",
        keys="f",
        label="Only failed",
        help="only the failed ones, or all again",
        group=Group.JOBS,
        place=Place.JOB,
        rank=5,
        show=True,
    ),
    # -- see ----------------------------------------------------------------------------------
    ActionSpec(
        id="trace.user",
        keys="u",
        label="Other user",
        help="trace another user",
        group=Group.SEE,
        place=Place.TRACE,
        rank=2,
        show=True,
    ),
    ActionSpec(
        id="trace.second",
        keys="o",
        label="Compare",
        help="compare with a second user; an empty field ends it",
        group=Group.SEE,
        place=Place.TRACE,
        rank=3,
        show=True,
    ),
    ActionSpec(
        id="panel.open",
        keys="enter,d",
        label="Info",
        help="info panel of the tenant",
        group=Group.SEE,
        place=Place.TENANTS,
        rank=7,
        show=True,
    ),
    ActionSpec(
        id="view.filter",
        keys="/",
        label="Filter",
        help="narrow the table by words and fields",
        group=Group.SEE,
        place=Place.TABLE,
        rank=4,
        show=True,
    ),
    ActionSpec(
        id="view.sort",
        keys="s",
        label="Sort",
        help="choose what to sort by; the same again reverses",
        group=Group.SEE,
        place=Place.TENANTS,
    ),
    ActionSpec(
        id="view.reverse",
        keys="S",
        label="Reverse the sort",
        help="reverse the sort",
        group=Group.SEE,
        place=Place.TENANTS,
    ),
    ActionSpec(
        id="view.copy",
        keys="y",
        label="Copy",
        help="then d domain, i id, n name, r row, e error, t table as shown",
        group=Group.SEE,
        place=Place.TABLE,
        rank=11,
        show=True,
    ),
    ActionSpec(
        id="view.export",
        keys="e",
        label="Export",
        help="what is marked, else what is shown, to a file",
        group=Group.SEE,
        place=Place.TABLE,
        rank=13,
    ),
    ActionSpec(
        id="view.reload",
        keys="ctrl+r",
        label="Read again what is shown",
        help="cheap; sorts again",
        group=Group.SEE,
        place=Place.TABLE,
    ),
    # -- the info panel -----------------------------------------------------------------------
    ActionSpec(
        id="panel.part-back",
        keys="[",
        label="Part before",
        help="part before",
        group=Group.PANEL,
        place=Place.PANEL,
        palette=False,
    ),
    ActionSpec(
        id="panel.part-on",
        keys="]",
        label="Next part",
        help="next part",
        group=Group.PANEL,
        place=Place.PANEL,
        palette=False,
    ),
    ActionSpec(
        id="panel.tenant-before",
        keys="<",
        label="Tenant before",
        help="tenant before",
        group=Group.PANEL,
        place=Place.PANEL,
        palette=False,
    ),
    ActionSpec(
        id="panel.tenant-after",
        keys=">",
        label="Next tenant",
        help="next tenant",
        group=Group.PANEL,
        place=Place.PANEL,
        palette=False,
    ),
    ActionSpec(
        id="panel.pager",
        keys="v",
        label="Open in the pager",
        help="the whole text in your pager, from inside the panel",
        group=Group.PANEL,
        place=Place.PANEL,
        palette=False,
    ),
    # -- movement -----------------------------------------------------------------------------
    ActionSpec(
        id="move.down",
        keys="j,down",
        label="Down",
        help="row down",
        group=Group.MOVE,
        place=Place.TABLE,
        palette=False,
    ),
    ActionSpec(
        id="move.up",
        keys="k,up",
        label="Up",
        help="row up",
        group=Group.MOVE,
        place=Place.TABLE,
        palette=False,
    ),
    ActionSpec(
        id="move.first",
        keys="g,home",
        label="First",
        help="first row",
        group=Group.MOVE,
        place=Place.TABLE,
        palette=False,
    ),
    ActionSpec(
        id="move.last",
        keys="G,end",
        label="Last",
        help="last row",
        group=Group.MOVE,
        place=Place.TABLE,
        palette=False,
    ),
    ActionSpec(
        id="move.page-down",
        keys="pgdn",
        label="Page down",
        help="page down",
        group=Group.MOVE,
        place=Place.TABLE,
        palette=False,
    ),
    ActionSpec(
        id="move.page-up",
        keys="pgup",
        label="Page up",
        help="page up",
        group=Group.MOVE,
        place=Place.TABLE,
        palette=False,
    ),
    ActionSpec(
        id="move.half-down",
        keys="ctrl+d",
        label="Half a page down",
        help="half a page down",
        group=Group.MOVE,
        place=Place.TABLE,
        palette=False,
    ),
    ActionSpec(
        id="move.half-up",
        keys="ctrl+u",
        label="Half a page up",
        help="half a page up",
        group=Group.MOVE,
        place=Place.TABLE,
        palette=False,
    ),
    ActionSpec(
        id="move.columns-left",
        keys="left",
        label="Columns before",
        help="columns before",
        group=Group.MOVE,
        place=Place.TENANTS,
        palette=False,
    ),
    ActionSpec(
        id="move.columns-right",
        keys="right",
        label="Further columns",
        help="further columns",
        group=Group.MOVE,
        place=Place.TENANTS,
        palette=False,
    ),
    # -- everywhere ---------------------------------------------------------------------------
    ActionSpec(
        id="app.palette",
        keys=":,ctrl+p",
        label="Cmd",
        help="all commands",
        group=Group.EVERYWHERE,
        place=Place.ANY,
        rank=5,
        show=True,
        palette=False,
    ),
    ActionSpec(
        id="app.help",
        keys="?,f1",
        label="Help",
        help="the keys of this screen, what is off and why",
        group=Group.EVERYWHERE,
        place=Place.ANY,
        rank=0,
        show=True,
    ),
    ActionSpec(
        id="app.quit",
        keys="q",
        label="Quit",
        help="back one screen; on Tenants: quit",
        group=Group.EVERYWHERE,
        place=Place.ANY,
        rank=1,
        show=True,
    ),
    ActionSpec(
        id="app.back",
        keys="esc",
        label="Back",
        help="one step back: question, filter, panel, range, marks, screen",
        group=Group.EVERYWHERE,
        place=Place.ANY,
        palette=False,
    ),
    ActionSpec(
        id="app.interrupt",
        keys="ctrl+c",
        label="Copy or quit",
        help="copy selected text; pressed twice: as q on Tenants",
        group=Group.EVERYWHERE,
        place=Place.ANY,
        palette=False,
    ),
    ActionSpec(
        id="app.tenants",
        keys="1",
        label="Tenants",
        help="screen: tenants",
        group=Group.EVERYWHERE,
        place=Place.ANY,
    ),
    ActionSpec(
        id="app.jobs",
        keys="2",
        label="Jobs",
        help="screen: jobs",
        group=Group.EVERYWHERE,
        place=Place.ANY,
    ),
    ActionSpec(
        id="app.profiles",
        keys="6",
        label="Profiles",
        help="screen: profiles and sign-in",
        group=Group.EVERYWHERE,
        place=Place.ANY,
    ),
    ActionSpec(
        id="app.next-area",
        keys="tab",
        label="Next area",
        help="next area: table, panel, dock",
        group=Group.EVERYWHERE,
        place=Place.ANY,
        palette=False,
    ),
    ActionSpec(
        id="app.area-before",
        keys="shift+tab",
        label="Area before",
        help="area before",
        group=Group.EVERYWHERE,
        place=Place.ANY,
        palette=False,
    ),
    ActionSpec(
        id="app.messages",
        keys="m",
        label="Messages",
        help="messages of this run",
        group=Group.EVERYWHERE,
        place=Place.ANY,
    ),
    ActionSpec(
        id="app.mouse",
        keys="M",
        label="Mouse on or off",
        help="mouse on or off; off leaves selecting text to your terminal",
        group=Group.EVERYWHERE,
        place=Place.ANY,
    ),
    ActionSpec(
        id="app.redraw",
        keys="ctrl+l",
        label="Draw the screen anew",
        help="draw the whole screen anew",
        group=Group.EVERYWHERE,
        place=Place.ANY,
    ),
)

BY_ID: Final = MappingProxyType({spec.id: spec for spec in SPECS})
"""Every spec by its id."""

TENANTS_PLACES: Final = (Place.ANY, Place.TABLE, Place.TENANTS, Place.PANEL)
"""Whose keys work on the Tenants screen."""


def specs_of(*places: Place) -> tuple[ActionSpec, ...]:
    """The specs of these places, in the order of the table."""
    return tuple(spec for spec in SPECS if spec.place in places)


def by_group(specs: Iterable[ActionSpec]) -> dict[Group, list[ActionSpec]]:
    """The specs under their headings; empty headings are left out."""
    found: dict[Group, list[ActionSpec]] = {}
    for group in Group:
        if members := [spec for spec in specs if spec.group is group]:
            found[group] = members
    return found
