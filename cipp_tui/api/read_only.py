"""Read-only mode: no request that changes anything leaves the program, whoever asks for it."""

import json
from collections.abc import Mapping
from typing import Any, Final

from cipp_tui.api.endpoints import Service
from cipp_tui.domain.problems import Unsuited

_READS: Final = frozenset({"GET", "HEAD"})
_BATCH: Final = "/v1.0/$batch"


def demand_harmless(
    service: Service, method: str, path: str, payload: Mapping[str, object] | bytes | None
) -> None:
    """Refuse what is not known to be a reading. Raises: Unsuited; nothing was sent.

    Readings are GETs, batches of GETs alone, and asking the login host for tokens, which changes
    no tenant. Whatever else will be sent one day is refused until it is named here.
    Source: Graph, "Combine multiple HTTP requests using JSON batching".
    """
    if service is Service.LOGIN or method in _READS:
        return
    if service is Service.GRAPH and method == "POST" and path == _BATCH and _only_reads(payload):
        return
    bare = path.partition("?")[0]
    raise Unsuited(f"read-only: {method} {bare} changes something and was not sent", code="off")


def _only_reads(payload: Mapping[str, object] | bytes | None) -> bool:
    body: Any = json.loads(payload) if isinstance(payload, bytes) else payload
    parts = body.get("requests") if isinstance(body, Mapping) else None
    return isinstance(parts, list) and all(
        isinstance(part, Mapping) and part.get("method") in _READS for part in parts
    )
