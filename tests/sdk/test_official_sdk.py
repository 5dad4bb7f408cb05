"""Microsoft's own Graph SDK against the simulator: a second opinion on its shapes."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

import pytest

pytest.importorskip("msgraph")

import httpx
from kiota_abstractions.authentication import (
    AccessTokenProvider,
    AllowedHostsValidator,
    BaseBearerTokenAuthenticationProvider,
)
from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_abstractions.method import Method
from kiota_abstractions.request_information import RequestInformation
from msgraph import GraphRequestAdapter, GraphServiceClient
from msgraph.generated.models.o_auth2_permission_grant import OAuth2PermissionGrant
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.service_principals.service_principals_request_builder import (
    ServicePrincipalsRequestBuilder,
)
from msgraph_core.requests.batch_request_content import BatchRequestContent
from msgraph_core.requests.batch_request_item import BatchRequestItem

from cipp_tui.simulator import Addresses, Simulator, build_world
from cipp_tui.simulator.catalogue import GRAPH
from cipp_tui.simulator.messages import Request
from cipp_tui.simulator.world import Tenant

pytestmark = pytest.mark.sdk
