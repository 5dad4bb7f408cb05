"""The proxy of each service, as the environment names it."""

import os
from ipaddress import ip_address
from typing import Final
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from cipp_tui.domain.problems import ConfigProblem
from cipp_tui.domain.redaction import hide_from_now_on

_FIX: Final = "Correct it, as in http://HOST:PORT, or unset it."


def proxy_for(base: str) -> str | None:
    """The proxy the environment names for a service; none for this very machine.

    Raises: ConfigProblem when it is none, naming the variable, never its value: a password may
    stand in it.
    """
    parts = urlsplit(base)
    host = parts.hostname or ""
    if host == "localhost" or is_loopback(host) or proxy_bypass(host):
        return None
    proxies = getproxies()
    for kind in (parts.scheme, "all"):
        if url := proxies.get(kind):
            return _checked(url, _variable(kind))
    return None


def is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _checked(url: str, variable: str) -> str:
    whole = url if "://" in url else f"http://{url}"
    try:
        parts = urlsplit(whole)
        port, host = parts.port, parts.hostname
    except ValueError as error:
        why = "its port is not a number" if "ort" in str(error) else "its host cannot be read"
        raise ConfigProblem(f"{variable} is no address of a proxy: {why}", fix=_FIX) from None
    if port == 0 or not host or not host.isprintable() or " " in host:
        why = "its port is 0" if port == 0 else "it has no host"
        raise ConfigProblem(f"{variable} is no address of a proxy: {why}", fix=_FIX)
    if parts.scheme not in ("http", "https"):
        raise ConfigProblem(
            f"{variable} names a proxy that is reached by {parts.scheme!a}; only http is known",
            fix="Name an HTTP proxy, as in http://HOST:PORT, or unset it.",
        )
    hide_from_now_on([unquote(parts.password) if parts.password else None, parts.password])
    return whole


def _variable(kind: str) -> str:
    """The variable a proxy comes from. Lower case wins, as everywhere; else the system names it."""
    for name in (f"{kind}_proxy", f"{kind}_PROXY".upper()):
        if os.environ.get(name):
            return name
    return f"The system's {kind} proxy"
