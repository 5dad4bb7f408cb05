"""Long lists, gone through without a pause that an admin could feel."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import Final, TypeVar

Thing = TypeVar("Thing")

SLICE: Final = 250
"""After so many the screen gets its turn."""


async def in_slices(things: Iterable[Thing]) -> AsyncIterator[Thing]:
    """One after the other, with a breath for everybody else after each slice."""
    for place, thing in enumerate(things, 1):
        yield thing
        if place % SLICE == 0:
            await asyncio.sleep(0)
