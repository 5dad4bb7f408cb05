"""Moments as Graph writes them."""

from datetime import UTC, datetime


def graph_time(moment: float | None) -> str | None:
    """Return a moment with the seven fractional digits Graph uses, or None.

    Source: Graph docs, delegatedAdminRelationship samples.
    """
    if moment is None:
        return None
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"


def graph_second(moment: float) -> str:
    """Return a moment as the inner error writes it."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S")
