"""The words of the command line. Imports nothing heavy: --help must answer at once."""

import argparse
import re
from collections.abc import Callable
from datetime import time
from math import isfinite
from typing import Any, Final

from cipp_tui import __version__
from cipp_tui.widgets.looks import THEMES

_TENANT: Final = "a tenant's GUID, any of its domains, or its exact name"


class ExactParser(argparse.ArgumentParser):
    """Options are written out: nobody shall take access away with half a word."""

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_abbrev=False, **options)


def build_parser() -> argparse.ArgumentParser:
    """Every command with its options."""
    parser = ExactParser(
        prog="cipp-tui",
        description="Console for the Microsoft 365 tenants of a managed service provider."
        " Without a command it opens the screen.",
        epilog="Exit codes: 0 all well, 1 some tenants failed, 2 usage or configuration,"
        " 3 sign-in needed, 4 a tenant is still owed its access.",
    )
    parser.add_argument("--version", action="version", version=f"cipp-tui {__version__}")
    parser.set_defaults(run="screen:open_screen")
    _everywhere(parser, first=True)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")

    def command(name: str, run: str, words: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=words, description=words)
        made.set_defaults(run=run)
        _everywhere(made)
        return made

    demo = command(
        "demo", "screen:open_demo", "open the screen on an invented fleet; needs no account"
    )
    demo.add_argument("--tenants", type=_whole(1, 50_000), default=60, help="how many (60)")

    tenants = command("tenants", "looking:tenants", "print the stored list of tenants")
    _formats(tenants, csv=True)
    tenants.add_argument("--filter", metavar="TEXT", default="", help="as typed after / on screen")

    sync = command("sync", "syncing:sync", "read the list of tenants again, or one tenant")
    sync.add_argument("tenant", nargs="?", metavar="TENANT", help=_TENANT)
    _formats(sync)

    plan = command("plan", "planning:plan", "show what a refresh would change; writes nothing")
    _targets(plan, due=True)
    plan.add_argument("--filter", metavar="TEXT", default="", help="of those, as typed after /")
    plan.add_argument(
        "--export", metavar="FILE", help="write it as a change notice too: every permission a line"
    )
    plan.add_argument(
        "--format", choices=("csv", "json"), help="of the notice; without --export it is printed"
    )
    _formats(plan)

    trace = command(
        "trace", "trace:trace", "which GDAP roles a user of yours holds in a tenant; writes nothing"
    )
    trace.add_argument("tenant", metavar="TENANT", help=f"{_TENANT}; any GUID will do")
    trace.add_argument("user", metavar="USER", help="user principal name or id, in your own tenant")
    trace.add_argument("second", nargs="?", metavar="USER2", help="another one to compare with")
    _formats(trace)

    why = command("why", "why:why", "ask the services why a tenant does not work; writes nothing")
    why.add_argument("tenant", metavar="TENANT", help=_TENANT)
    _formats(why)

    refresh = command("refresh", "acting:refresh", "give tenants the permissions they lack")
    _targets(refresh, due=True)
    _count(refresh)
    _formats(refresh)

    nightly = command(
        "nightly",
        "nightly:nightly",
        "read the list, look at every managed tenant, give what is missing; once, now",
    )
    nightly.add_argument(
        "--due", action="store_true", help="look at nobody but those that are due for a refresh"
    )
    nightly.add_argument(
        "--at",
        type=_time_of_day,
        default="00:00",
        metavar="HH:MM",
        help="when, in UTC, with --watch and in what is printed (00:00)",
    )
    ways = nightly.add_mutually_exclusive_group()
    ways.add_argument("--watch", action="store_true", help="stay, and run every night")
    ways.add_argument(
        "--print-systemd", action="store_true", help="print a service and a timer for systemd"
    )
    ways.add_argument("--print-cron", action="store_true", help="print a line for crontab")
    _formats(nightly)

    exclude = command("exclude", "acting:exclude", "stop managing tenants; they stay in the list")
    _some(exclude)
    exclude.add_argument("--reason", default="", metavar="TEXT", help="kept with the exclusion")
    _count(exclude)
    _formats(exclude)

    include = command("include", "acting:include", "manage excluded tenants again")
    _some(include)
    _count(include)
    _formats(include)

    remove = command("remove", "acting:remove", "take tenants off the list, until it is read again")
    _some(remove)
    _count(remove)
    remove.add_argument("--exclude", action="store_true", help="and keep them excluded")
    _formats(remove)

    reset = command(
        "reset", "acting:reset", "take our app's access to tenants away and give it back"
    )
    _some(reset)
    reset.add_argument(
        "--yes-remove-access",
        action="store_true",
        help="do it without asking; needed where nobody can be asked",
    )
    _count(reset)
    _formats(reset)

    jobs = command("jobs", "looking:jobs_list", "what was done, job by job")
    jobs.set_defaults(limit=50)
    _formats(jobs)
    kinds = jobs.add_subparsers(metavar="list|show|resume|write-off")
    listing = kinds.add_parser("list", help="the newest jobs")
    listing.set_defaults(run="looking:jobs_list")
    listing.add_argument("--limit", type=_whole(1), default=50, help="how many (50)")
    show = kinds.add_parser("show", help="one job, tenant by tenant")
    show.set_defaults(run="looking:jobs_show")
    show.add_argument("job", type=_whole(1), metavar="JOB")
    resume = kinds.add_parser("resume", help="go on with a job that was interrupted")
    resume.set_defaults(run="acting:resume")
    resume.add_argument("job", type=_whole(1), metavar="JOB", nargs="?")
    write_off = kinds.add_parser(
        "write-off", help="owe a tenant nothing more whose access cannot be given back"
    )
    write_off.set_defaults(run="acting:write_off")
    _some(write_off)
    write_off.add_argument("--reason", default="", metavar="TEXT", help="kept with the job")
    _count(write_off)
    for kind in (listing, show, resume, write_off):
        _everywhere(kind)
        _formats(kind, inside=True)

    audit = command("audit", "looking:audit", "who did what to which tenant, newest first")
    audit.add_argument("--limit", type=_whole(1), default=1000, help="how many entries (1000)")
    _formats(audit)

    profiles = command("profiles", "profiles:profiles_list", "the profiles of the config file")
    actions = profiles.add_subparsers(metavar="list|add|check")
    listed = actions.add_parser("list", help="the profiles, and where everything lies")
    listed.set_defaults(run="profiles:profiles_list")
    add = actions.add_parser("add", help="append a profile to the config file")
    add.set_defaults(run="profiles:profiles_add")
    add.add_argument("name", metavar="NAME")
    add.add_argument("--partner-tenant", required=True, metavar="GUID")
    add.add_argument("--client-id", required=True, metavar="GUID")
    add.add_argument("--client-secret-env", default="", metavar="VARIABLE")
    add.add_argument("--refresh-token-env", default="", metavar="VARIABLE")
    check = actions.add_parser("check", help="try a profile step by step")
    check.set_defaults(run="profiles:profiles_check")
    check.add_argument("name", nargs="?", metavar="NAME")
    check.add_argument(
        "--live",
        nargs="?",
        const="",
        metavar="TENANT",
        help="instead: ask the services everything a refresh reads, of our own tenant and of this"
        " customer (the first that is usable), and say where they answer otherwise than expected;"
        " tokens and readings only",
    )
    check.add_argument(
        "--record",
        metavar="FILE",
        help="write what --live saw: routes, statuses, property names; no values, names or ids",
    )
    for action in (listed, add, check):
        _everywhere(action)

    login = command("login", "login:login", "sign in, by device code or with a browser")
    login.add_argument("name", nargs="?", metavar="PROFILE")
    login.add_argument(
        "--method",
        choices=("auto", "device-code", "browser", "paste"),
        default="auto",
        help="auto: device code, and where a policy blocks that, the browser; browser: opens it"
        " here; paste: open the address anywhere and paste the one it ends on (auto)",
    )

    simulate = command(
        "simulate", "simulating:simulate", "serve a simulated fleet on loopback, for trying things"
    )
    simulate.add_argument("--host", default="127.0.0.1", help="a loopback address (127.0.0.1)")
    simulate.add_argument(
        "--port", type=_whole(0, 65_533), default=0, help="first of three ports (0: any free)"
    )
    simulate.add_argument(
        "--tenants", type=_whole(1, 100_000), default=60, help="how many customers (60)"
    )
    simulate.add_argument("--seed", type=int, default=1, help="the same seed, the same fleet (1)")
    simulate.add_argument(
        "--latency", type=_milliseconds, default=0.0, metavar="MS", help="of each answer"
    )
    simulate.add_argument(
        "--like",
        choices=("field", "documented"),
        default="field",
        help="where Microsoft's pages and field reports differ (field)",
    )
    simulate.add_argument("--faults", choices=("none", "mild", "storm"), default="none")
    simulate.add_argument(
        "--limit",
        type=_per_second,
        metavar="N",
        help="refuse more requests a second than this, over all three services",
    )
    simulate.add_argument(
        "--up-to-date",
        type=_share,
        metavar="PERCENT",
        help="a plain fleet, for measuring: so many have everything, the rest has nothing",
    )
    simulate.add_argument("--profile-out", metavar="FILE", help="write a config file for it")

    command("keys", "looking:keys", "print the keys of the screen that are in force")

    completion = command("completion", "completing:script", "print a shell's completion script")
    completion.add_argument("shell", choices=("bash", "zsh", "fish"))
    return parser


def _everywhere(parser: argparse.ArgumentParser, *, first: bool = False) -> None:
    """Options that are understood before and after the command."""
    nothing = None if first else argparse.SUPPRESS
    off = False if first else argparse.SUPPRESS
    group = parser.add_argument_group("everywhere")
    group.add_argument("--profile", metavar="NAME", default=nothing, help="which profile to use")
    group.add_argument(
        "--read-only", action="store_true", default=off, help="refuse everything that writes"
    )
    group.add_argument("--no-color", action="store_true", default=off, help="no colours")
    group.add_argument("--theme", choices=THEMES, default=nothing, help="colours of the screen")
    group.add_argument(
        "--motion", choices=("none", "basic"), default=nothing, help="whether panels slide"
    )
    group.add_argument(
        "--reader", action="store_true", default=off, help="a screen that suits a screen reader"
    )
    group.add_argument(
        "--log", metavar="FILE", default=nothing, help="write what is sent, never a secret"
    )


def _formats(parser: argparse.ArgumentParser, *, csv: bool = False, inside: bool = False) -> None:
    """Ways to print. `inside` another command, what was said before it holds: jobs --json list."""
    group = parser.add_mutually_exclusive_group()
    off = argparse.SUPPRESS if inside else False
    group.add_argument("--json", action="store_true", default=off, help="one JSON object a line")
    if csv:
        group.add_argument("--csv", action="store_true", help="comma separated values")


def _some(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("tenants", nargs="+", metavar="TENANT", help=_TENANT)


def _count(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--count",
        type=_whole(0),
        metavar="N",
        help="go on without asking if it is exactly N tenants that would be worked on",
    )


def _whole(least: int, most: int = 2**31) -> Callable[[str], int]:
    def whole_number(text: str) -> int:
        number = int(text)
        if not least <= number <= most:
            raise argparse.ArgumentTypeError(f"{number} is not between {least} and {most}")
        return number

    return whole_number


def _time_of_day(text: str) -> time:
    if not re.fullmatch(r"[0-9]{2}:[0-9]{2}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no time such as 00:00")
    try:
        return time.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is no time of day") from None


def _milliseconds(text: str) -> float:
    number = float(text)
    if not isfinite(number) or number < 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no duration")
    return number


def _per_second(text: str) -> float:
    number = float(text)
    if not isfinite(number) or number <= 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no rate")
    return number


def _share(text: str) -> float:
    number = float(text)
    if not 0 <= number <= 100:
        raise argparse.ArgumentTypeError(f"{text!r} is no percentage from 0 to 100")
    return number / 100


def _targets(parser: argparse.ArgumentParser, *, due: bool = False) -> None:
    parser.add_argument("tenants", nargs="*", metavar="TENANT", help=_TENANT)
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--all", action="store_true", help="every tenant that is not excluded")
    if due:
        group.add_argument("--due", action="store_true", help="those that are due for a refresh")
