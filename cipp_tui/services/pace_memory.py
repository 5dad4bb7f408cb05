"""What a run learned of how much may be asked at once, kept for the next run of the profile."""

import json
from datetime import datetime, timedelta
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cipp_tui.api.backend import LearnedPace

PACE: Final = "learned-pace"
KEPT_FOR: Final = timedelta(days=7)
"""Older than this, it tells nothing about today."""

_AHEAD: Final = timedelta(days=1)


class _Kept(BaseModel):
    model_config = ConfigDict(extra="ignore")

    at: datetime
    in_flight: int = Field(ge=1, le=1024)
    per_second: dict[str, float] = Field(default_factory=dict)


def pace_text(pace: LearnedPace) -> str:
    """As it is kept on disk."""
    return json.dumps(
        {
            "at": pace.at.isoformat(),
            "in_flight": pace.in_flight,
            "per_second": {name: round(rate, 1) for name, rate in pace.per_second.items()},
        }
    )


def pace_from(text: str | None, now: datetime) -> LearnedPace | None:
    """What was kept; None where it is missing, unreadable, too old, or dated ahead."""
    if text is None:
        return None
    try:
        kept = _Kept.model_validate_json(text)
    except ValidationError:
        return None  # nothing is lost by it: it is learned anew
    if kept.at.tzinfo is None or not now - KEPT_FOR <= kept.at <= now + _AHEAD:
        return None
    return LearnedPace(at=kept.at, in_flight=kept.in_flight, per_second=kept.per_second)
