"""Where files lie, and where the services of each cloud are."""

from pathlib import Path

import pytest

from cipp_tui.api.endpoints import CLOUDS, endpoints_for
from cipp_tui.config import config_path, data_dir, profile_dir
from cipp_tui.domain.problems import ConfigProblem


def test_the_variables_win_over_the_platforms_folders(tmp_path: Path) -> None:
    env = {"CIPP_TUI_CONFIG": str(tmp_path / "c.toml"), "CIPP_TUI_DATA": str(tmp_path / "d")}

    assert config_path(env) == tmp_path / "c.toml"
    assert profile_dir(env, "lab") == tmp_path / "d" / "profiles" / "lab"


@pytest.mark.parametrize("env", [{}, {"CIPP_TUI_CONFIG": "", "CIPP_TUI_DATA": ""}])
def test_without_variables_the_platform_says_where(env: dict[str, str]) -> None:
    assert config_path(env).parts[-2:] == ("cipp-tui", "config.toml")
    assert "cipp-tui" in data_dir(env).parts


def test_the_home_folder_may_be_written_with_a_tilde() -> None:
    env = {"CIPP_TUI_CONFIG": "~/c.toml", "CIPP_TUI_DATA": "~/d"}

    assert config_path(env) == Path.home() / "c.toml"
    assert data_dir(env) == Path.home() / "d"


def test_the_home_folder_of_nobody_is_just_a_name() -> None:
    assert config_path({"CIPP_TUI_CONFIG": "~no-such-user/c"}) == Path("~no-such-user/c")


@pytest.mark.parametrize("name", ["..", "../../etc", "a/b", "", "a\0"])
def test_no_profile_name_leads_out_of_the_state_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigProblem):
        profile_dir({"CIPP_TUI_DATA": str(tmp_path)}, name)


@pytest.mark.parametrize(
    ("cloud", "login", "graph", "partner_center"),
    [
        (
            "global",
            "https://login.microsoftonline.com",
            "https://graph.microsoft.com",
            "https://api.partnercenter.microsoft.com",
        ),
        (
            "usgov",
            "https://login.microsoftonline.us",
            "https://graph.microsoft.us",
            "https://api.partnercenter.microsoft.com",
        ),
        (
            "china",
            "https://login.partner.microsoftonline.cn",
            "https://microsoftgraph.chinacloudapi.cn",
            "https://partner.partnercenterapi.microsoftonline.cn",
        ),
    ],
)
def test_each_cloud_has_its_own_addresses_and_audiences(
    cloud: str, login: str, graph: str, partner_center: str
) -> None:
    found = endpoints_for(cloud)

    assert (found.login, found.graph, found.partner_center) == (login, graph, partner_center)
    assert found.authority == login
    assert found.graph_scope == f"{graph}/.default"


@pytest.mark.parametrize("cloud", sorted(CLOUDS))
def test_another_address_does_not_change_whom_a_token_is_for(cloud: str) -> None:
    usual = endpoints_for(cloud)

    moved = endpoints_for(cloud, login="http://127.0.0.1:1", graph="http://127.0.0.1:2")

    assert (moved.login, moved.graph) == ("http://127.0.0.1:1", "http://127.0.0.1:2")
    assert moved.partner_center == usual.partner_center
    assert moved.authority == usual.authority
    assert moved.graph_scope == usual.graph_scope
    assert moved.partner_center_scope == usual.partner_center_scope
