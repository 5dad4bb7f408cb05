"""Where the services are, in each cloud, and what their tokens are asked for."""

from dataclasses import dataclass
from enum import StrEnum


class Service(StrEnum):
    """A host we talk to."""

    LOGIN = "login"
    GRAPH = "graph"
    PARTNER_CENTER = "partner_center"


WORDS = {
    Service.LOGIN: "Entra ID",
    Service.GRAPH: "Graph",
    Service.PARTNER_CENTER: "Partner Center",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """Base addresses without a trailing slash, and the scopes that name each audience."""

    login: str
    graph: str
    partner_center: str
    authority: str  # what tokens and MSAL know the login host by, wherever it really is
    graph_scope: str
    partner_center_scope: str

    def base(self, service: Service) -> str:
        match service:
            case Service.LOGIN:
                return self.login
            case Service.GRAPH:
                return self.graph
            case Service.PARTNER_CENTER:
                return self.partner_center

    def token_endpoint(self, tenant: str) -> str:
        """A tenant's token endpoint by the name Entra ID knows it by: what assertions are for.

        Source: Entra, certificate credentials, claim `aud`.
        """
        return f"{self.authority}/{tenant}/oauth2/v2.0/token"


def _cloud(login: str, graph: str, partner_center: str, audience: str) -> Endpoints:
    return Endpoints(
        login=login,
        graph=graph,
        partner_center=partner_center,
        authority=login,
        graph_scope=f"{graph}/.default",
        partner_center_scope=f"{audience}/.default",
    )


CLOUDS = {
    "global": _cloud(
        "https://login.microsoftonline.com",
        "https://graph.microsoft.com",
        "https://api.partnercenter.microsoft.com",
        "https://api.partnercenter.microsoft.com",
    ),
    "usgov": _cloud(
        "https://login.microsoftonline.us",
        "https://graph.microsoft.us",
        "https://api.partnercenter.microsoft.com",
        "https://api.partnercenter.microsoft.com",
    ),
    "china": _cloud(
        "https://login.partner.microsoftonline.cn",
        "https://microsoftgraph.chinacloudapi.cn",
        "https://partner.partnercenterapi.microsoftonline.cn",
        "https://api.partnercenter.microsoft.com",
    ),
}
"""Source: Graph, "National cloud deployments"; Partner Center SDK, environment constants
(the China audience is assumed to be the global one)."""


def endpoints_for(
    cloud: str,
    *,
    login: str | None = None,
    graph: str | None = None,
    partner_center: str | None = None,
) -> Endpoints:
    """The addresses of a cloud, each replaced by the profile's own where there is one.

    Audiences stay the cloud's: a token is asked for by the service's name, not by its address.
    """
    known = CLOUDS[cloud]
    return Endpoints(
        login=login or known.login,
        graph=graph or known.graph,
        partner_center=partner_center or known.partner_center,
        authority=known.authority,
        graph_scope=known.graph_scope,
        partner_center_scope=known.partner_center_scope,
    )
