"""Where the crash suite keeps its many small files, and how it signs in."""

import gc
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Tried
from tests.crash.histories import Explorer, Tally
from tests.crash.house import PlainSignIn


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where the system has one: nothing here must outlive the test."""
    shared = Path("/dev/shm")
    if not shared.is_dir():
        yield tmp_path
        return
    folder = Path(tempfile.mkdtemp(dir=shared))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@pytest.fixture(autouse=True)
def plain_sign_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """MSAL brings a thread and milliseconds to each start; it is tested elsewhere."""
    monkeypatch.setattr("cipp_tui.api.direct.MsalSignIn", PlainSignIn)


@pytest.fixture
def explorer(memory: Path, tried: Tried) -> Iterator[Explorer]:
    """Plays histories and counts them for the summary."""
    tally = Tally()
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield Explorer(memory, tally)
    finally:
        if collecting:
            gc.enable()
        gc.collect()
    tried("crash matrix", "histories", tally.histories)
    tried("crash matrix", "different and played to the end", tally.played)
