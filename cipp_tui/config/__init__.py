"""Profiles: the user's own file, read and checked, never rewritten."""

from cipp_tui.config.append import NewProfile, append_profile
from cipp_tui.config.model import (
    CippProfile,
    ConnectionProfile,
    DemoProfile,
    DirectProfile,
    SecretReference,
)
from cipp_tui.config.places import config_path, data_dir, profile_dir
from cipp_tui.config.reading import Profiles, choose, load_profiles
from cipp_tui.config.secrets import Secret, resolve

__all__ = [
    "CippProfile",
    "ConnectionProfile",
    "DemoProfile",
    "DirectProfile",
    "NewProfile",
    "Profiles",
    "Secret",
    "SecretReference",
    "append_profile",
    "choose",
    "config_path",
    "data_dir",
    "load_profiles",
    "profile_dir",
    "resolve",
]
