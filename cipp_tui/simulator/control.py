"""The control routes under `/__simulator/`: for tests and benchmarks in other processes."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from cipp_tui.simulator.faults import Faults
from cipp_tui.simulator.messages import LogEntry, Request, Response, json_response
from cipp_tui.simulator.plant import plant
from cipp_tui.simulator.rules import active_relationships, holds_wanted_set, truth
from cipp_tui.simulator.world import Tenant

if TYPE_CHECKING:
    from cipp_tui.simulator.core import Simulator


class Control:
    """Answers the control routes of one simulator."""

    def __init__(self, simulator: "Simulator") -> None:
        self.simulator = simulator

    def answer(self, request: Request) -> Response:
        """Answer a control request: 404 for an unknown one, 400 for a bad body."""
        _, _, rest = request.path.partition("/__simulator/")
        name, _, key = rest.partition("/")
        routes: dict[tuple[str, str], Callable[[str, bytes], Response]] = {
            ("GET", "log"): self._log,
            ("GET", "counts"): self._counts,
            ("POST", "reset-log"): self._reset_log,
            ("GET", "tenants"): self._tenants,
            ("GET", "complete"): self._complete,
            ("POST", "faults"): self._faults,
            ("POST", "plant"): self._plant,
            ("POST", "device"): self._device,
        }
        handler = routes.get((request.method, name))
        if handler is None:
            return json_response(404, {"error": f"no control route {request.path}"})
        try:
            return handler(key, request.body)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            return json_response(400, {"error": str(error)})

    def _log(self, _key: str, _body: bytes) -> Response:
        return json_response(200, [describe(entry) for entry in self.simulator.log])

    def _counts(self, _key: str, _body: bytes) -> Response:
        log = self.simulator.log
        inner = [one for entry in log for one in entry.inner]
        return json_response(
            200,
            {
                "total": len(log),
                "routes": Counter(entry.route for entry in log),
                "services": Counter(entry.service for entry in log),
                "statuses": Counter(str(entry.status) for entry in log),
                "inner_routes": Counter(one.route for one in inner),
                "inner_statuses": Counter(str(one.status) for one in inner),
                "spans": _spans(log),
                "most_at_once": self.simulator.crowd.most,
            },
        )

    def _reset_log(self, _key: str, _body: bytes) -> Response:
        self.simulator.reset_log()
        return json_response(200, {})

    def _tenants(self, key: str, _body: bytes) -> Response:
        world, now = self.simulator.world, self.simulator.now
        if not key:
            return json_response(200, [self._flags(tenant) for tenant in world.tenants.values()])
        tenant = world.tenants.get(key.lower())
        if tenant is None:
            return json_response(404, {"error": f"no tenant {key}"})
        return json_response(200, truth(world, tenant, now))

    def _complete(self, _key: str, _body: bytes) -> Response:
        """Say how many tenants, the partner's own included, hold the wanted set."""
        world = self.simulator.world
        # Nobody has changed anything in an untouched tenant: it is as its blueprint says.
        alike: dict[int, bool] = {}  # by identity of the blueprint
        complete = 0
        for tenant in world.tenants.values():
            if tenant.touched or tenant.unlicensed:
                complete += holds_wanted_set(world, tenant)
                continue
            if id(tenant.blueprint) not in alike:
                alike[id(tenant.blueprint)] = holds_wanted_set(world, tenant)
            complete += alike[id(tenant.blueprint)]
        return json_response(200, {"tenants": len(world.tenants), "complete": complete})

    def _flags(self, tenant: Tenant) -> dict[str, Any]:
        world, now = self.simulator.world, self.simulator.now
        own = world.application.app_id
        consented = (
            own in world.directory_of(tenant).principals
            if tenant.touched
            else tenant.blueprint.consented
        )
        return {
            "id": tenant.id,
            "name": tenant.name,
            "default_domain": tenant.default_domain,
            "partner": tenant is world.partner,
            "has_principal": consented,
            "active_relationships": len(active_relationships(tenant, now)),
            "expected_outcome": tenant.hint,
        }

    def _faults(self, _key: str, body: bytes) -> Response:
        """Replace the faults: a list of rules, or `{"preset": …}`, or `{"rules": […]}`."""
        content = json.loads(body)
        if isinstance(content, list):
            content = {"rules": content}
        seed = int(content.get("seed", 1))
        if "preset" in content:
            self.simulator.faults = Faults.preset(content["preset"], seed)
        else:
            self.simulator.faults = Faults.script(content.get("rules", ()), seed)
        return json_response(200, {"rules": len(self.simulator.faults.rules)})

    def _plant(self, _key: str, body: bytes) -> Response:
        content = json.loads(body)
        cause = content["cause"]
        plant(self.simulator.world, content.get("tenant"), cause, now=self.simulator.now)
        return json_response(200, {"cause": cause})

    def _device(self, key: str, body: bytes) -> Response:
        content = json.loads(body) if body.strip() else {}
        if key == "approve":
            decided = self.simulator.approve_device_codes(mfa=bool(content.get("mfa", True)))
        elif key == "decline":
            decided = self.simulator.decline_device_codes()
        else:
            return json_response(404, {"error": f"no device action {key}"})
        return json_response(200, {"decided": decided})


def _spans(log: Sequence[LogEntry]) -> dict[str, tuple[float, float]]:
    """Return when each route was asked first and last, as times of the simulator's clock."""
    spans: dict[str, tuple[float, float]] = {}
    for entry in log:
        first, _ = spans.get(entry.route, (entry.time, entry.time))
        spans[entry.route] = (first, entry.time)
    return spans


def describe(entry: LogEntry) -> dict[str, Any]:
    """Return a log entry as JSON can hold it."""
    content = {name: getattr(entry, name) for name in LogEntry.__slots__ if name != "inner"}
    inner = [[one.method, one.url, one.status, one.route] for one in entry.inner]
    return content | {"inner": inner}
