"""A loopback simulator of Entra ID, Microsoft Graph and Partner Center.

It is written from the services' documents and imports nothing of the client: a double that
shared our models would share our misreadings.
"""

from cipp_tui.simulator.core import Simulator
from cipp_tui.simulator.faults import Faults
from cipp_tui.simulator.fleet import build_world
from cipp_tui.simulator.knobs import Knobs
from cipp_tui.simulator.messages import Addresses

__all__ = ["Addresses", "Faults", "Knobs", "Simulator", "build_world"]
