"""The front door: what is asked in crowds goes straight to its endpoint, past the router and its layers.

The endpoint is an ordinary route too, so that it stands in the OpenAPI document and answers other methods as others
do. What it refuses is answered here as it would be there.
"""

from collections.abc import Iterable

from fastapi import Request
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from app.api.problems import TOLD, problem_of


class PlainRoute(APIRoute):
    """A route whose endpoint takes the request and gives the response itself: FastAPI describes it, and no more."""


class FrontDoor:
    """Passes requests for plain routes to their endpoints; on the hot path that spares half of the framework's work."""

    def __init__(self, app: ASGIApp, routes: Iterable[BaseRoute]) -> None:
        self.app = app
        self._routes = {route.path: route for route in routes if isinstance(route, PlainRoute)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer by the plain route of this path and method, if there is one."""
        route = self._routes.get(scope["path"]) if scope["type"] == "http" else None
        if route is None or scope["method"] not in (route.methods or ()):
            await self.app(scope, receive, send)
            return
        scope["route"] = route
        try:
            response = await route.endpoint(Request(scope, receive, send))
        except TOLD as error:
            response = problem_of(error).response()
        await response(scope, receive, send)
