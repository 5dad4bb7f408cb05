"""The end of a command: nobody waits for a thread, and whatever ended it is told."""

import asyncio
import os
import threading
from collections.abc import Iterator

import pytest

from cipp_tui.cli.exits import Exit
from cipp_tui.cli.running import run

SECRET = "words-that-nobody-reads"


@pytest.fixture
def left(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The codes with which the process was left at once."""
    codes: list[int] = []
    monkeypatch.setattr(os, "_exit", codes.append)
    return codes


@pytest.fixture
def stuck() -> Iterator[threading.Event]:
    """What threads wait for until the test is over."""
    event = threading.Event()
    yield event
    event.set()


async def well() -> int:
    return Exit.WELL


async def fails() -> int:
    raise RuntimeError(SECRET)


def test_the_end_does_not_wait_for_a_thread_that_a_library_left(
    left: list[int], stuck: threading.Event
) -> None:
    async def leaves_a_thread(work: int) -> int:
        threading.Thread(target=stuck.wait).start()
        return work if work else await fails()

    assert run(leaves_a_thread(Exit.OWED)) == Exit.OWED
    assert run(leaves_a_thread(0)) == Exit.SOME_FAILED
    assert left == [Exit.OWED, Exit.SOME_FAILED]


def test_the_end_does_not_wait_for_a_request_in_a_thread(left: list[int]) -> None:
    answered = threading.Event()

    async def asks() -> int:
        loop, asked = asyncio.get_running_loop(), asyncio.Event()

        def ask() -> None:
            loop.call_soon_threadsafe(asked.set)
            answered.wait()

        waiting = asyncio.ensure_future(asyncio.to_thread(ask))
        await asked.wait()
        waiting.cancel()
        return await fails()

    def exit_at_once(code: int) -> None:
        left.append(code)
        answered.set()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "_exit", exit_at_once)
        run(asks())

    assert left[0] == Exit.SOME_FAILED


def test_nothing_is_left_at_once_where_nothing_lingers(left: list[int]) -> None:
    assert run(well()) == Exit.WELL
    assert left == []


@pytest.mark.parametrize("error", [RuntimeError, OSError, KeyError, ExceptionGroup])
def test_whatever_ends_a_command_is_one_sentence(
    left: list[int], capsys: pytest.CaptureFixture[str], error: type[Exception]
) -> None:
    async def work() -> int:
        if error is ExceptionGroup:
            raise ExceptionGroup(SECRET, [ValueError(SECRET)])
        raise error(SECRET)

    assert run(work()) == Exit.SOME_FAILED

    err = capsys.readouterr().err
    assert err.startswith("cipp-tui: Something unexpected")
    assert SECRET not in err
    assert "Traceback" not in err
    assert ("ValueError" if error is ExceptionGroup else error.__name__) in err


def test_a_callback_that_fails_is_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    def fails_later() -> None:
        raise RuntimeError(SECRET)

    async def work() -> int:
        asyncio.get_running_loop().call_soon(fails_later)
        await asyncio.sleep(0)
        return Exit.WELL

    assert run(work()) == Exit.WELL
    assert capsys.readouterr().err == ""
