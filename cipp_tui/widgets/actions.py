"""The one table of actions: keys, hint bar, palette, help and the key page are made from it."""

from functools import partial
from typing import Final

from cipp_tui.domain.jobs import Action
from cipp_tui.widgets.action_spec import ActionSpec, Danger, Group, Place

_tenant = partial(ActionSpec, group=Group.TENANTS, place=Place.TENANTS)
_work = partial(_tenant, writes=True, many=True)
_mark = partial(ActionSpec, group=Group.MARK, place=Place.TENANTS)
_job = partial(ActionSpec, group=Group.JOBS)
_see = partial(ActionSpec, group=Group.SEE)
_panel = partial(ActionSpec, group=Group.PANEL, place=Place.PANEL, palette=False)
_move = partial(ActionSpec, group=Group.MOVE, place=Place.TABLE, palette=False)
_everywhere = partial(ActionSpec, group=Group.EVERYWHERE, place=Place.ANY)

# Each line: id, keys, label of the hint bar, line of the help.
SPECS: Final[tuple[ActionSpec, ...]] = (
    # -- tenants: in the order of the hint bar ------------------------------------------------
    _work(
        "tenant.exclude",
        "x",
        "Exclude",
        "stop managing, keep in the list; u takes it back",
        short="Excl",
        action=Action.EXCLUDE,
        rank=2,
        show=True,
    ),
    _work(
        "tenant.exclude-reason",
        "X",
        "Exclude with a reason",
        "as x, and asks for a reason for the log",
        action=Action.EXCLUDE,
        danger=Danger.ASK,
    ),
    _work(
        "tenant.include",
        "i",
        "Include",
        "manage an excluded tenant again; u takes it back",
        short="Incl",
        action=Action.INCLUDE,
        rank=6,
        show=True,
    ),
    _work(
        "tenant.refresh",
        "r",
        "Refresh",
        "refresh CPV permissions: give what is missing, verify; takes nothing away",
        short="Refr",
        wide="Refresh CPV",
        action=Action.REFRESH,
        rank=3,
        show=True,
    ),
    _tenant(
        "tenant.plan",
        "p",
        "Plan",
        "what a refresh would change; changes nothing",
        action=Action.REFRESH,
        rank=9,
        show=True,
        many=True,
    ),
    _work(
        "tenant.reset",
        "R",
        "Reset",
        "take access away and give it back; asks for the typed name",
        action=Action.RESET,
        rank=8,
        show=True,
        danger=Danger.TYPE,
    ),
    _work(
        "tenant.clear",
        "C",
        "Clear failures",
        "set the failure count back and test now",
        action=Action.REFRESH,
    ),
    _work(
        "tenant.remove",
        "D",
        "Remove from the list",
        "until the next full read, unless excluded too; access stays",
        action=Action.REMOVE,
        danger=Danger.ASK,
    ),
    _tenant(
        "tenant.force-refresh",
        "F",
        "Read the tenant list again",
        "all tenants, one, or the failing ones",
        danger=Danger.ASK,
    ),
    _tenant("tenant.undo", "u", "Take back", "take back the last exclude or include", writes=True),
    _tenant(
        "tenant.trace",
        "t",
        "Trace",
        "which GDAP roles a user of yours holds there, and through which groups",
        rank=14,
    ),
    _tenant(
        "tenant.why",
        "w",
        "Why",
        "ask the services why it does not work; the panel shows it, nothing is changed",
        rank=15,
    ),
    _tenant("tenant.latest-job", "o", "Latest job", "results of the latest job of this tenant"),
    # -- marks --------------------------------------------------------------------------------
    _mark("mark.toggle", "space", "Mark", "mark, step down", rank=10, show=True),
    _mark("mark.range", "v", "Mark a range", "range: move, then v or space keeps it, esc drops it"),
    _mark("mark.all", "a", "Mark all shown", "all shown"),
    _mark("mark.invert", "V", "Invert marks", "invert shown"),
    _mark("mark.none", "A", "Unmark all", "none"),
    # -- jobs ---------------------------------------------------------------------------------
    _job(
        "job.dock",
        "J",
        "Job dock",
        "the running job: line, six lines, whole screen",
        place=Place.TENANTS,
        rank=12,
    ),
    _job(
        "job.stop",
        "K",
        "Stop job",
        "what is in flight ends, what waits does not start",
        place=Place.ANY,
        danger=Danger.ASK,
    ),
    _job(
        "job.retry",
        "r",
        "Retry failed",
        "a new job for those that failed or were not started",
        place=Place.JOB,
        writes=True,
        rank=3,
        show=True,
    ),
    _job(
        "job.only-failed",
        "f",
        "Only failed",
        "only the failed ones, or all again",
        place=Place.JOB,
        rank=5,
        show=True,
    ),
    # -- see ----------------------------------------------------------------------------------
    _see(
        "trace.user", "u", "Other user", "trace another user", place=Place.TRACE, rank=2, show=True
    ),
    _see(
        "trace.second",
        "o",
        "Compare",
        "compare with a second user; an empty field ends it",
        place=Place.TRACE,
        rank=3,
        show=True,
    ),
    _see(
        "panel.open",
        "enter,d",
        "Info",
        "info panel of the tenant",
        place=Place.TENANTS,
        rank=7,
        show=True,
    ),
    _see(
        "view.filter",
        "/",
        "Filter",
        "narrow the table by words and fields",
        place=Place.TABLE,
        rank=4,
        show=True,
    ),
    _see(
        "view.sort",
        "s",
        "Sort",
        "choose what to sort by; the same again reverses",
        place=Place.TENANTS,
    ),
    _see("view.reverse", "S", "Reverse the sort", "reverse the sort", place=Place.TENANTS),
    _see(
        "view.copy",
        "y",
        "Copy",
        "then d domain, i id, n name, r row, e error, t table as shown",
        place=Place.TABLE,
        rank=11,
        show=True,
    ),
    _see(
        "view.export",
        "e",
        "Export",
        "what is marked, else what is shown, to a file",
        place=Place.TABLE,
        rank=13,
    ),
    _see(
        "view.reload", "ctrl+r", "Read again what is shown", "cheap; sorts again", place=Place.TABLE
    ),
    # -- the info panel -----------------------------------------------------------------------
    _panel("panel.part-back", "[", "Part before", "part before"),
    _panel("panel.part-on", "]", "Next part", "next part"),
    _panel("panel.tenant-before", "<", "Tenant before", "tenant before"),
    _panel("panel.tenant-after", ">", "Next tenant", "next tenant"),
    _panel(
        "panel.pager",
        "v",
        "Open in the pager",
        "the whole text in your pager, from inside the panel",
    ),
    # -- movement -----------------------------------------------------------------------------
    _move("move.down", "j,down", "Down", "row down"),
    _move("move.up", "k,up", "Up", "row up"),
    _move("move.first", "g,home", "First", "first row"),
    _move("move.last", "G,end", "Last", "last row"),
    _move("move.page-down", "pgdn", "Page down", "page down"),
    _move("move.page-up", "pgup", "Page up", "page up"),
    _move("move.half-down", "ctrl+d", "Half a page down", "half a page down"),
    _move("move.half-up", "ctrl+u", "Half a page up", "half a page up"),
    _move("move.columns-left", "left", "Columns before", "columns before", place=Place.TENANTS),
    _move("move.columns-right", "right", "Further columns", "further columns", place=Place.TENANTS),
    # -- everywhere ---------------------------------------------------------------------------
    _everywhere("app.palette", ":,ctrl+p", "Cmd", "all commands", rank=5, show=True, palette=False),
    _everywhere(
        "app.help",
        "?,f1",
        "Help",
        "the keys of this screen, what is off and why",
        rank=0,
        show=True,
    ),
    _everywhere("app.quit", "q", "Quit", "back one screen; on Tenants: quit", rank=1, show=True),
    _everywhere(
        "app.back",
        "esc",
        "Back",
        "one step back: question, filter, panel, range, marks, screen",
        palette=False,
    ),
    _everywhere(
        "app.interrupt",
        "ctrl+c",
        "Copy or quit",
        "copy selected text; pressed twice: as q on Tenants",
        palette=False,
    ),
    _everywhere("app.tenants", "1", "Tenants", "screen: tenants"),
    _everywhere("app.jobs", "2", "Jobs", "screen: jobs"),
    _everywhere("app.profiles", "6", "Profiles", "screen: profiles and sign-in"),
    _everywhere(
        "app.next-area", "tab", "Next area", "next area: table, panel, dock", palette=False
    ),
    _everywhere("app.area-before", "shift+tab", "Area before", "area before", palette=False),
    _everywhere("app.messages", "m", "Messages", "messages of this run"),
    _everywhere(
        "app.mouse",
        "M",
        "Mouse on or off",
        "mouse on or off; off leaves selecting text to your terminal",
    ),
    _everywhere("app.redraw", "ctrl+l", "Draw the screen anew", "draw the whole screen anew"),
)
