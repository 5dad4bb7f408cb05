"""How long a part of a batch waits: by its own refusals, not by those of its neighbours."""

import json

import httpx

from cipp_tui.api.batch import Part, send_batch
from cipp_tui.api.endpoints import Service, endpoints_for
from cipp_tui.api.http import HttpClient, Token
from tests.support import HurriedClock

WRITES = [Part(id=f"w{n}", method="POST", url="/x", body={"n": n}) for n in range(5)]
READ = Part(id="read", method="GET", url="/x")


class EachBreaksOnce(httpx.AsyncBaseTransport):
    """The first time it is reached, every part answers 503; what comes after it is not done."""

    def __init__(self) -> None:
        self.broken: set[str] = set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answers = []
        stopped = False
        for part in json.loads(request.read())["requests"]:
            ident = part["id"]
            if stopped:
                status = 424
            else:
                status = 200 if ident in self.broken else 503
                stopped = status == 503
                self.broken.add(ident)
            answers.append({"id": ident, "status": status, "body": {}})
        return httpx.Response(200, json={"responses": answers})


async def test_the_first_refusal_of_a_part_costs_a_second_however_many_rounds_there_were() -> None:
    clock = HurriedClock()
    http = HttpClient(endpoints_for("global"), clock=clock, transport=EachBreaksOnce())
    token = Token("t", Service.GRAPH, "tenant", clock.monotonic() + 3600)
    began = clock.monotonic()

    answers = await send_batch(http, token, WRITES, clock=clock, then=[READ])

    assert all(answer.good for answer in answers.values())
    assert clock.monotonic() - began <= 1.0 * (len(WRITES) + 1)
