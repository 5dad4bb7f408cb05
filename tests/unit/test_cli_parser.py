"""What the words of the command line come to."""

import pytest

from cipp_tui.cli.parser import build_parser


@pytest.mark.parametrize("words", ["jobs", "jobs list", "jobs show 1", "jobs resume"])
def test_json_is_printed_only_where_somebody_asked(words: str) -> None:
    parser = build_parser()
    jobs, *kind = words.split()

    assert parser.parse_args([jobs, *kind]).json is False
    assert parser.parse_args([jobs, "--json", *kind]).json is True
    assert parser.parse_args([jobs, *kind, "--json"]).json is True
