"""`POST /leads` over 32 connections, one API process with everything on, against a bare endpoint."""

from collections.abc import Callable

from benchmarks.figures import Bound, Figure
from benchmarks.ground import BenchmarkFailed, Ground, Place, asked, listening, running

CONNECTIONS = 32
SECONDS = 2.5


async def measure(ground: Ground, rounds: int, step: Callable[[], None]) -> list[Figure]:
    """A round loads the bare endpoint, then the API; each is a process that lives through all rounds."""
    async with ground.place() as place, place.api():
        bare_port = place.carrier_port  # nobody else uses it here
        order = f'{{"port": {bare_port}}}'
        async with running(["-m", "benchmarks.bare_endpoint", order], place.environment):
            await listening(bare_port)
            bare, ours = [], []
            for turn in range(rounds):
                bare.append(await _load(place, bare_port, turn))
                step()
                ours.append(await _load(place, place.api_port, turn))
                step()
    return [
        Figure("POST /leads, 32 connections", "leads/s", _of(ours, "rate"), _of(bare, "rate"), Bound(least=1.2)),
        Figure("POST /leads, p99", "ms", _of(ours, "p99", 1000), _of(bare, "p99", 1000), Bound(most=1.0)),
    ]


def _of(answers: list[dict[str, float]], name: str, times: float = 1) -> tuple[float, ...]:
    return tuple(one[name] * times for one in answers)


async def _load(place: Place, port: int, turn: int) -> dict[str, float]:
    order = {
        "port": port,
        "connections": CONNECTIONS,
        "seconds": SECONDS,
        "first": turn * 50_000,
        "key": place.secrets["source"],
    }
    answer = await asked(["-m", "benchmarks.load"], place.environment, order)
    if answer["refused"]:
        raise BenchmarkFailed(f"{answer['refused']} leads were refused")
    return answer
