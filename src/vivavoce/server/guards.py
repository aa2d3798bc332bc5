"""What stands around the whole application, in one place.

From the outside in: what is secret is taken out of the address; what a proxy says is believed or
not; what comes of it all is written down; pages of other sites are refused; an address that asks
too much is; who asks is known or refused; so is a key that asks too much, and too large a body;
what is about a session that another server has is answered there.
"""

from fastapi import FastAPI

from vivavoce.config import Settings
from vivavoce.server.auth.gate import Gate
from vivavoce.server.auth.scrub import Scrub
from vivavoce.server.bodies.bounds import Bodies
from vivavoce.server.browsers.forwarded import Forwarded
from vivavoce.server.browsers.guard import Guard
from vivavoce.server.browsers.hosts import Hosts
from vivavoce.server.browsers.origins import Origins
from vivavoce.server.elsewhere import Elsewhere
from vivavoce.server.limits import AddressLimits, KeyLimits
from vivavoce.server.telemetry.access import Access


def guard(app: FastAPI, settings: Settings) -> None:
    """Put them around it. Each is put around those before it: the innermost is the first here."""
    app.add_middleware(Elsewhere, state=app.state)
    app.add_middleware(Bodies, settings=settings)
    app.add_middleware(KeyLimits, settings=settings, rates=app.state.rates)
    app.add_middleware(Gate, settings=settings)
    app.add_middleware(AddressLimits, settings=settings, rates=app.state.rates)
    app.add_middleware(Guard, hosts=Hosts.of(settings), origins=Origins(settings.origins))
    app.add_middleware(Access)
    app.add_middleware(Forwarded, proxies=settings.trusted_proxies or ())
    app.add_middleware(Scrub)  # of the very scope that the server has, and logs
