"""The bench's tables and the places they are put in."""

from pathlib import Path

import pytest

from bench.report import DOCUMENT, table, write


def test_a_table_is_markdown() -> None:
    assert table(("a", "b"), [(1, "x"), (2.5, "")]) == "| a | b |\n|---|---|\n| 1 | x |\n| 2.5 |  |"


def test_only_what_is_between_the_markers_is_replaced(tmp_path: Path) -> None:
    document = tmp_path / "performance.md"
    document.write_text("before\n<!-- bench:one -->\nold\n<!-- /bench:one -->\nafter\n")

    write({"one": "\nnew\n\n"}, document)

    assert document.read_text() == ("before\n<!-- bench:one -->\nnew\n<!-- /bench:one -->\nafter\n")


def test_a_document_without_the_place_is_left_alone(tmp_path: Path) -> None:
    document = tmp_path / "performance.md"
    document.write_text("nothing\n")

    with pytest.raises(ValueError, match="no place for one"):
        write({"one": "new"}, document)

    assert document.read_text() == "nothing\n"


@pytest.mark.parametrize(
    "name", ["machine", "requests", "simulator", "throughput", "distance", "screen"]
)
def test_the_document_has_a_place_for_every_part(name: str) -> None:
    text = DOCUMENT.read_text(encoding="utf-8")

    assert text.count(f"<!-- bench:{name} -->") == text.count(f"<!-- /bench:{name} -->") == 1
