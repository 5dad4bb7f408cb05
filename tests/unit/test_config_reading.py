"""Every mistake in the config file is one line that names file, key and fix."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from cipp_tui.cli import main
from cipp_tui.config import ConnectionProfile, DirectProfile, choose, load_profiles
from cipp_tui.domain.problems import ConfigProblem

GUID = "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3"
DIRECT = f"""
[profiles.lab]
backend = "direct"
partner_tenant = "{GUID}"
client_id = "{GUID}"
"""

MISTAKES: Mapping[str, tuple[str, str, str]] = {
    "unknown key of the file": ("colour = 1\n" + DIRECT, "colour", "default, profiles and keys"),
    "unknown key of a profile": (DIRECT + "clientid = 1\n", "profiles.lab.clientid", "client_id"),
    "a key named like the backend": (DIRECT + "direct = 1\n", "profiles.lab.direct", "Known are"),
    "unknown key of endpoints": (
        DIRECT + 'endpoints = { grahp = "https://graph.microsoft.com" }\n',
        "profiles.lab.endpoints.grahp",
        "Remove it",
    ),
    "unknown key of a secret": (
        DIRECT + 'client_secret = { env = "A", value = "x" }\n',
        "profiles.lab.client_secret.value",
        "Remove it",
    ),
    "a key with a line break and an escape": (
        DIRECT + '"a\\nb\\u001b[31m" = 1\n',
        "profiles.lab.a b␛[31m",
        "Known are",
    ),
    "a text where a truth value belongs": (
        DIRECT + 'prune = "yes"\n',
        "profiles.lab.prune",
        "boolean",
    ),
    "a number where a text belongs": (DIRECT + "tag = 5\n", "profiles.lab.tag", "string"),
    "a truth value where a number belongs": (
        DIRECT + "concurrency = true\n",
        "profiles.lab.concurrency",
        "integer",
    ),
    "a truth value as a latency": (
        '[profiles.d]\nbackend = "demo"\nlatency_ms = true\n',
        "profiles.d.latency_ms",
        "number",
    ),
    "a text as a list": (
        DIRECT + f'directory_roles = "{GUID}"\n',
        "profiles.lab.directory_roles",
        "list",
    ),
    "a profile that is no table": ("profiles.lab = 5\n", "profiles.lab", "[profiles.lab]"),
    "profiles that are no table": ("profiles = 5\n", "profiles", "[profiles.NAME]"),
    "keys that are no table": ("keys = 5\n", "keys", "[keys]"),
    "a key press that is no text": ("[keys]\nx = 5\n", "keys", "[keys]"),
    "a missing key": (
        f'[profiles.lab]\nbackend = "direct"\nclient_id = "{GUID}"\n',
        "profiles.lab.partner_tenant",
        "Add it",
    ),
    "a partner tenant that is no GUID": (
        DIRECT.replace(GUID, "contoso.com", 1),
        "profiles.lab.partner_tenant",
        "must be a GUID",
    ),
    "a role that is no GUID": (
        DIRECT + 'directory_roles = ["Global Reader"]\n',
        "profiles.lab.directory_roles.0",
        "must be a GUID",
    ),
    "a secret as a bare text": (
        DIRECT + 'client_secret = "hunter2"\n',
        "profiles.lab.client_secret",
        '{ env = "NAME" }',
    ),
    "a refresh token as a bare text": (
        DIRECT + 'refresh_token = "hunter2"\n',
        "profiles.lab.refresh_token",
        '{ file = "PATH" }',
    ),
    "two references to one secret": (
        DIRECT + 'client_secret = { env = "A", file = "b" }\n',
        "profiles.lab.client_secret",
        "exactly one",
    ),
    "no reference to a secret": (
        DIRECT + "client_secret = {}\n",
        "profiles.lab.client_secret",
        "exactly one",
    ),
    "a secret in a variable without a name": (
        DIRECT + 'client_secret = { env = "" }\n',
        "profiles.lab.client_secret.env",
        "at least 1 character",
    ),
    "a secret where the name of a variable belongs": (
        DIRECT + 'client_secret = { env = "x8Q~hunter2" }\n',
        "profiles.lab.client_secret.env",
        "NAME of an environment variable",
    ),
    "two profiles in one folder": (
        DIRECT + DIRECT.replace("profiles.lab", "profiles.LAB"),
        "profiles.LAB",
        "Rename it",
    ),
    "plain http to another machine": (
        DIRECT + 'endpoints = { graph = "http://graph.example.com" }\n',
        "profiles.lab.endpoints.graph",
        "use https",
    ),
    "an endpoint with a path": (
        DIRECT + 'endpoints = { graph = "https://graph.microsoft.com/v1.0" }\n',
        "profiles.lab.endpoints.graph",
        "scheme, host and port only",
    ),
    "an endpoint with a password": (
        DIRECT + 'endpoints = { graph = "https://:hunter2@graph.microsoft.com" }\n',
        "profiles.lab.endpoints.graph",
        "scheme, host and port only",
    ),
    "an endpoint without a host": (
        DIRECT + 'endpoints = { login = "https://" }\n',
        "profiles.lab.endpoints.login",
        "must be an address",
    ),
    "an endpoint with an impossible port": (
        DIRECT + 'endpoints = { login = "https://login.example:99999" }\n',
        "profiles.lab.endpoints.login",
        "port",
    ),
    "an endpoint with a line break": (
        DIRECT + 'endpoints = { login = "https://login\\n.example" }\n',
        "profiles.lab.endpoints.login",
        "must be an address",
    ),
    "an endpoint with a broken IPv6 address": (
        DIRECT + 'endpoints = { login = "https://[::1" }\n',
        "profiles.lab.endpoints.login",
        "IPv6",
    ),
    "a syntax error": (
        DIRECT + "client_secret = \n",
        "",
        "(at line 6, column 17)",
    ),
    "the same profile twice": (DIRECT + DIRECT, "", "Correct that line"),
    "a number of too many digits": (
        "x = " + "9" * 5000 + "\n",
        "",
        "Correct that line",
    ),
    "a bad profile name": (
        DIRECT.replace("profiles.lab", 'profiles."../lab"'),
        "profiles.../lab",
        "Rename it",
    ),
    "a profile name with a line break": (
        DIRECT.replace("profiles.lab", 'profiles."a\\nb"'),
        "profiles.a b",
        "Rename it",
    ),
    "a default that is not there": ('default = "prod"\n' + DIRECT, "default", "lab"),
    "a default that is no text": ("default = []\n" + DIRECT, "default", "lab"),
    "an unknown backend": (
        '[profiles.lab]\nbackend = "graph"\n',
        "profiles.lab.backend",
        'backend = "direct"',
    ),
    "no backend": (f'[profiles.lab]\nclient_id = "{GUID}"\n', "profiles.lab.backend", "direct"),
    "a backend that is no text": (
        "[profiles.lab]\nbackend = []\n",
        "profiles.lab.backend",
        'backend = "direct"',
    ),
    "a name inside the profile": (DIRECT + 'name = "x"\n', "profiles.lab.name", "table's head"),
    "no concurrency": (DIRECT + "concurrency = 0\n", "profiles.lab.concurrency", "equal to 1"),
    "no failure at all": (
        DIRECT + "suspend_after = 0\n",
        "profiles.lab.suspend_after",
        "equal to 1",
    ),
    "too much concurrency": (
        DIRECT + "concurrency = 129\n",
        "profiles.lab.concurrency",
        "equal to 128",
    ),
    "a CA bundle that is not there": (
        DIRECT + 'ca_bundle = "/no/such/file.pem"\n',
        "profiles.lab.ca_bundle",
        "must name a file that exists",
    ),
    "a CA bundle of a user who is not there": (
        DIRECT + 'ca_bundle = "~no-such-user/file.pem"\n',
        "profiles.lab.ca_bundle",
        "must name a file that exists",
    ),
    "an unknown cloud": (DIRECT + 'cloud = "mars"\n', "profiles.lab.cloud", "'usgov'"),
}


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the config file is for this test."""
    path = tmp_path / "config.toml"
    monkeypatch.setenv("CIPP_TUI_CONFIG", str(path))
    monkeypatch.setenv("CIPP_TUI_DATA", str(tmp_path / "state"))
    monkeypatch.delenv("CIPP_TUI_PROFILE", raising=False)
    return path


@pytest.mark.parametrize(("text", "key", "fix"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_one_line_with_file_key_and_fix_and_ends_with_2(
    config: Path, capsys: pytest.CaptureFixture[str], text: str, key: str, fix: str
) -> None:
    config.write_text(text, encoding="utf-8")

    code = main(["tenants"])

    out, err = capsys.readouterr()
    assert code == 2
    assert out == ""
    assert len(err.splitlines()) == 1, err
    assert err.startswith(f"cipp-tui: {config}: {key}" if key else f"cipp-tui: {config}: ")
    assert fix in err
    assert "hunter2" not in err
    assert err.endswith(".\n")


@pytest.mark.parametrize("command", [["profiles", "list"], ["keys"], ["sync"], ["login"]])
def test_every_command_tells_the_same_mistake(
    config: Path, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    config.write_text(DIRECT + "tag = 5\n", encoding="utf-8")

    code = main(command)

    out, err = capsys.readouterr()
    assert (code, out) == (2, "")
    assert err.startswith(f"cipp-tui: {config}: profiles.lab.tag: ")
    assert len(err.splitlines()) == 1


def test_a_file_that_is_not_utf_8_is_told(config: Path) -> None:
    config.write_bytes(b'default = "\xff\xfe"\n')

    with pytest.raises(
        ConfigProblem, match=r"config\.toml: is not UTF-8 text\. Save it as UTF-8\."
    ):
        load_profiles(config)


def test_a_folder_in_place_of_the_file_is_told(config: Path) -> None:
    config.mkdir()

    with pytest.raises(ConfigProblem, match="is not a regular file but a folder"):
        load_profiles(config)


def test_a_file_with_the_mark_of_windows_editors_can_be_read(config: Path) -> None:
    config.write_text("\ufeff" + DIRECT, encoding="utf-8")

    assert list(load_profiles(config).profiles) == ["lab"]


def test_several_mistakes_are_counted_and_the_first_is_told(config: Path) -> None:
    config.write_text(DIRECT + "tag = 5\nprune = 1\nconcurrency = 0\n", encoding="utf-8")

    with pytest.raises(ConfigProblem, match=r"concurrency: .* \(2 more\)\. Correct it\."):
        load_profiles(config)


def test_a_file_that_does_not_exist_has_no_profiles(config: Path) -> None:
    known = load_profiles(config)

    assert known.profiles == {}
    assert known.default is None


def test_a_full_profile_is_read_as_it_was_written(config: Path, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("", encoding="utf-8")
    bundle = json.dumps(str(tmp_path / "ca.pem"))
    config.write_text(
        'default = "lab"\n'
        + DIRECT.replace(GUID, f" {GUID.upper()} ")
        + f"""
client_secret = {{ env = "LAB_SECRET" }}
refresh_token = {{ keyring = "lab" }}
cloud = "usgov"
endpoints = {{ login = "http://127.0.0.1:9001/", graph = "http://localhost:9002" }}
ca_bundle = {bundle}
concurrency = 128
suspend_after = 20
prune = true
""",
        encoding="utf-8",
    )

    profile = load_profiles(config).profiles["lab"]

    assert isinstance(profile, DirectProfile)
    assert profile.partner_tenant == GUID
    assert profile.client_secret is not None
    assert profile.client_secret.env == "LAB_SECRET"
    assert profile.endpoints.login == "http://127.0.0.1:9001"
    assert profile.endpoints.partner_center is None
    assert (profile.cloud, profile.concurrency, profile.prune) == ("usgov", 128, True)
    assert profile.suspend_after == 20


def test_a_tag_cannot_speak_to_the_terminal(config: Path) -> None:
    config.write_text(DIRECT + 'tag = "a\\u001b[31m"\n', encoding="utf-8")

    assert load_profiles(config).profiles["lab"].tag == "a␛[31m"


def test_plain_http_is_accepted_for_every_form_of_loopback(config: Path) -> None:
    config.write_text(
        DIRECT + 'endpoints = { login = "http://127.1.2.3", graph = "http://[::1]:9002" }\n',
        encoding="utf-8",
    )

    profile = load_profiles(config).profiles["lab"]

    assert isinstance(profile, DirectProfile)
    assert profile.endpoints.graph == "http://[::1]:9002"


TWO = DIRECT + '[profiles.other]\nbackend = "demo"\n'


def chosen(config: Path, text: str, name: str | None, env: Mapping[str, str]) -> ConnectionProfile:
    config.write_text(text, encoding="utf-8")
    return choose(load_profiles(config), name, env)


def test_a_named_profile_wins_over_variable_and_default(config: Path) -> None:
    profile = chosen(config, 'default = "lab"\n' + TWO, "other", {"CIPP_TUI_PROFILE": "lab"})

    assert profile.name == "other"


def test_the_variable_wins_over_the_default(config: Path) -> None:
    profile = chosen(config, 'default = "lab"\n' + TWO, None, {"CIPP_TUI_PROFILE": "other"})

    assert profile.name == "other"


def test_the_default_is_taken_where_nothing_is_asked_for(config: Path) -> None:
    assert chosen(config, 'default = "other"\n' + TWO, None, {}).name == "other"


def test_the_only_profile_needs_no_default(config: Path) -> None:
    assert chosen(config, DIRECT, None, {}).name == "lab"


def test_two_profiles_without_a_default_are_listed(config: Path) -> None:
    with pytest.raises(ConfigProblem, match=re.escape("--profile with one of: lab, other.")):
        chosen(config, TWO, None, {})


def test_without_any_profile_the_way_to_one_is_told(config: Path) -> None:
    with pytest.raises(ConfigProblem, match=r"profiles add, or try: cipp-tui demo\."):
        choose(load_profiles(config), None, {})


def test_an_unknown_profile_lists_those_there_are(config: Path) -> None:
    with pytest.raises(ConfigProblem, match=r"no profile 'prod␛'\. Profiles here: lab, other\."):
        chosen(config, TWO, "prod\x1b", {})


def test_the_demo_is_always_there(config: Path) -> None:
    assert choose(load_profiles(config), "demo", {}).backend == "demo"


def test_the_demo_may_be_the_default(config: Path) -> None:
    assert chosen(config, 'default = "demo"\n' + DIRECT, None, {}).backend == "demo"


def test_a_demo_of_ones_own_wins_over_the_built_in_one(config: Path) -> None:
    profile = chosen(config, '[profiles.demo]\nbackend = "demo"\nseed = 5\n', "demo", {})

    assert profile.model_dump()["seed"] == 5
