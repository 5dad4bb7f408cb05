"""Faults as data: which request goes wrong, and how. What the failure looks like: fault_replies."""

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Final, Literal, get_args

Action = Literal[
    "throttle",  # 429
    "lose-reply",  # apply the request, then close the connection
    "drop",  # close the connection before anything is applied
    "status",  # answer `status`, nothing applied
    "not-found-but-applied",  # apply the request, answer 404
    "html",  # 200 with a web page
    "wrong-shape",  # JSON nobody expects
    "huge",  # a body of `bytes` bytes
    "foreign-next-link",  # the next page is said to be on another host
    "truncated-json",  # the body ends in the middle
    "slow",  # answer after `seconds`
    "inner-throttle",  # 429 for some requests inside a batch
]
# These can also happen to one request inside a batch.
INNER_ACTIONS: Final = frozenset(
    {"throttle", "lose-reply", "drop", "status", "not-found-but-applied"}
)
HUGE_BYTES: Final = 100 * 1024 * 1024


@dataclass(slots=True)
class Rule:
    """One fault: where it strikes, how often, and what happens."""

    action: Action
    route: str = "*"  # route name or pattern
    service: str = "*"
    tenant: str | None = None
    nth: int | None = None  # strike from the n-th matching request on (1 is the first)
    count: int | None = None  # strike so many times; default: once with `nth`, else for ever
    probability: float = 1.0
    retry_after: float | str | None = None  # a number of seconds, "http-date", or absent
    status: int = 503
    seconds: float = 1.0
    share: float = 0.5  # of the requests inside a batch
    bytes: int = HUGE_BYTES
    seen: int = field(default=0, init=False)
    struck: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        if self.action not in get_args(Action):
            raise ValueError(f"unknown fault action {self.action!r}")
        if self.count is None and self.nth is not None:
            self.count = 1

    def notices(self, call: "FaultCall") -> bool:
        """Say whether the rule is about a request, and count it if so."""
        matches = self._matches(call)
        self.seen += matches
        return matches

    def strikes(self, source: random.Random) -> bool:
        """Say whether the request noticed last goes wrong."""
        if self.nth is not None and self.seen < self.nth:
            return False
        if self.count is not None and self.struck >= self.count:
            return False
        if self.probability < 1.0 and source.random() >= self.probability:
            return False
        self.struck += 1
        return True

    def _matches(self, call: "FaultCall") -> bool:
        return (
            fnmatchcase(call.route, self.route)
            and fnmatchcase(call.service, self.service)
            and (self.tenant is None or self.tenant == call.tenant)
            and (not call.inner or self.action in INNER_ACTIONS)
        )


@dataclass(frozen=True, slots=True)
class FaultCall:
    """What a rule may look at."""

    route: str
    service: str
    tenant: str | None
    identity: int  # the same for a repeated request
    inner: bool = False


@dataclass(slots=True)
class Faults:
    """A script of rules with its own seeded chance."""

    rules: list[Rule] = field(default_factory=list)
    seed: int = 1
    streak_limit: int | None = None  # one request fails at most so many times in a row
    replication_s: float = 0.0  # fresh objects stay hidden for up to so long
    chance: random.Random = field(init=False)
    _streaks: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)

    @classmethod
    def none(cls) -> "Faults":
        """Return a script without faults."""
        return cls()

    @classmethod
    def preset(cls, name: str, seed: int = 1) -> "Faults":
        """Return `none`, `mild` (a visitor's demo) or `storm` (a bad night)."""
        if name not in PRESETS:
            raise ValueError(f"unknown faults {name!r}; known are {', '.join(PRESETS)}")
        rules, replication_s = PRESETS[name]
        faults = cls.script(rules, seed)
        faults.streak_limit = 2
        faults.replication_s = replication_s
        return faults

    @classmethod
    def script(cls, rules: Iterable[Mapping[str, Any]], seed: int = 1) -> "Faults":
        """Return a script from plain mappings, such as JSON gives."""
        return cls([_rule(rule) for rule in rules], seed)

    def pick(self, call: FaultCall) -> Rule | None:
        """Return the rule that strikes this request, if any does."""
        if not self.rules:
            return None
        # Every rule counts, also when an earlier one strikes.
        concerned = [rule for rule in self.rules if rule.notices(call)]
        if self.streak_limit and self._streaks.get(call.identity, 0) >= self.streak_limit:
            del self._streaks[call.identity]
            return None
        for rule in concerned:
            if rule.strikes(self.chance):
                if self.streak_limit:
                    self._streaks[call.identity] = self._streaks.get(call.identity, 0) + 1
                return rule
        if self.streak_limit:
            self._streaks.pop(call.identity, None)
        return None

    def replication_delay(self) -> float:
        """Draw how long a fresh object stays hidden."""
        return self.chance.uniform(0, self.replication_s) if self.replication_s else 0.0


_TEXTS: Final = ("route", "service")
_NUMBERS: Final = ("probability", "status", "seconds", "share", "bytes")


def _rule(content: Mapping[str, Any]) -> Rule:
    """Return a rule from what JSON gives, so that a bad one fails here and not at a request."""
    fields = {name.replace("-", "_"): value for name, value in content.items()}
    for name, value in fields.items():
        wrong_text = name in _TEXTS and not isinstance(value, str)
        wrong_number = name in _NUMBERS and not isinstance(value, int | float)
        wrong_count = name in ("nth", "count") and not isinstance(value, int | None)
        if wrong_text or wrong_number or wrong_count:
            raise ValueError(f"a fault's {name} cannot be {value!r}")
    return Rule(**fields)


_MILD: Final[tuple[dict[str, Any], ...]] = (
    {"action": "throttle", "service": "graph", "probability": 0.01, "retry_after": 1},
    {"action": "throttle", "service": "graph", "probability": 0.005},
    {"action": "throttle", "service": "partner_center", "probability": 0.02, "retry_after": 1},
    {
        "action": "inner-throttle",
        "route": "batch",
        "probability": 0.03,
        "retry_after": 1,
        "share": 0.2,
    },
    {"action": "status", "service": "graph", "probability": 0.005, "status": 503},
)

_STORM: Final[tuple[dict[str, Any], ...]] = (
    {"action": "throttle", "service": "graph", "probability": 0.03, "retry_after": 1},
    {"action": "throttle", "service": "graph", "probability": 0.02, "retry_after": 0.25},
    {"action": "throttle", "service": "graph", "probability": 0.02},
    {"action": "throttle", "service": "graph", "probability": 0.01, "retry_after": "http-date"},
    {"action": "throttle", "service": "partner_center", "probability": 0.1, "retry_after": 1},
    {"action": "throttle", "service": "login", "probability": 0.03, "retry_after": 1},
    {
        "action": "inner-throttle",
        "route": "batch",
        "probability": 0.1,
        "retry_after": 1,
        "share": 0.4,
    },
    {"action": "status", "service": "graph", "probability": 0.01, "status": 503},
    {"action": "status", "service": "graph", "probability": 0.005, "status": 502},
    {"action": "status", "service": "graph", "probability": 0.005, "status": 504},
    {"action": "status", "service": "partner_center", "probability": 0.02, "status": 500},
    {"action": "lose-reply", "route": "*.create", "probability": 0.02},
    {"action": "lose-reply", "route": "*.delete", "probability": 0.02},
    {"action": "lose-reply", "route": "batch", "probability": 0.01},
    {"action": "not-found-but-applied", "route": "grants.create", "probability": 0.02},
)

PRESETS: Final[dict[str, tuple[tuple[dict[str, Any], ...], float]]] = {
    "none": ((), 0.0),
    "mild": (_MILD, 0.0),
    "storm": (_STORM, 3.0),
}
