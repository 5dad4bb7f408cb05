"""Whatever stands in the config file, reading it ends well or with a ConfigProblem of one line."""

import json
import tempfile
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from cipp_tui.config import choose, load_profiles
from cipp_tui.config.model import CippProfile, DemoProfile, DirectProfile
from cipp_tui.domain.problems import ConfigProblem

GUID = "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3"
KEYS = sorted({*DirectProfile.model_fields, *CippProfile.model_fields, *DemoProfile.model_fields})
WORDS = [
    *("direct", "cipp", "demo", "global", "china", "write", "read", "lab", "env", "file"),
    *(GUID, "~", "~nobody-here/x", "http://127.0.0.1:1", "http://[", "https://x:y", "x\0y", ""),
]

texts = st.sampled_from(WORDS) | st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
numbers = st.integers(-(2**63), 2**63 - 1) | st.floats() | st.booleans()
values = st.recursive(
    texts | numbers,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
profile = st.dictionaries(st.sampled_from(KEYS) | texts, values, max_size=6)
likely_profile = profile.map(
    lambda more: {"backend": "direct", "partner_tenant": GUID, "client_id": GUID} | more
)
file_content = st.fixed_dictionaries(
    {},
    optional={
        "default": values,
        "profiles": st.dictionaries(texts, profile | likely_profile | values, max_size=3) | values,
        "keys": st.dictionaries(texts, texts, max_size=2) | values,
        "other": values,
    },
)
fragments = st.lists(
    st.sampled_from(
        [
            *("[profiles.lab]", "[profiles", "]", "=", "\n", " ", '"', "'''", "{", "}", "#", ","),
            *("backend", "client_secret", "env", "default", "1e999", "0x", "-", "inf", "\\ud800"),
            *("1979-05-27T07:32:00Z", "99:99:99", "[[profiles]]", ".", "\t", "\r", "\0", "\x1b"),
        ]
    )
    | st.text(max_size=5),
    max_size=30,
).map("".join)


def as_toml(value: Any) -> str:
    """The value in TOML's inline form."""
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case str():
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        case list():
            return f"[{', '.join(map(as_toml, value))}]"
        case _:
            pairs = (f"{as_toml(key)} = {as_toml(inner)}" for key, inner in value.items())
            return f"{{ {', '.join(pairs)} }}"


def read(content: bytes) -> None:
    """Read and choose as every command does."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "config.toml"
        path.write_bytes(content)
        refused: ConfigProblem | None = None
        try:
            choose(load_profiles(path), None, {})
        except ConfigProblem as problem:
            refused = problem
    if refused is not None:
        words = str(refused)
        assert words.startswith(str(path))
        assert refused.fix
        assert not [sign for sign in words if unicodedata.category(sign) in ("Cc", "Cs")]


@given(file_content)
@settings(max_examples=150, deadline=None)
def test_values_of_any_kind_are_read_or_refused_in_one_line(content: Mapping[str, Any]) -> None:
    read("\n".join(f"{key} = {as_toml(value)}" for key, value in content.items()).encode())


@given(fragments)
@settings(max_examples=150, deadline=None)
def test_any_text_is_read_or_refused_in_one_line(text: str) -> None:
    read(text.encode("utf-8", "surrogatepass"))


@given(st.binary(max_size=40))
@settings(max_examples=50, deadline=None)
def test_any_bytes_are_read_or_refused_in_one_line(content: bytes) -> None:
    read(content)


def test_a_deeply_nested_file_is_refused_in_one_line() -> None:
    read(b"x = " + b"[" * 100_000)
