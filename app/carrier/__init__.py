"""The emulated carrier: a stand-in for Twilio on one machine, with phones to look at.

It speaks Twilio's Messages REST API, signs its webhooks as Twilio does and fails on demand, so a program is
developed, shown and tested with the very code that will speak to Twilio. It knows nothing of Leadline and may
stand in for any product's carrier.
"""

from app.carrier.carrier import Carrier, CarrierOptions
from app.carrier.server import create_carrier, run, serve

__all__ = ["Carrier", "CarrierOptions", "create_carrier", "run", "serve"]
