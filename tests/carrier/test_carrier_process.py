"""The carrier as a process of its own: it starts, answers, and goes when told."""

import asyncio
import signal
import socket
import sys

import httpx
import pytest

PROGRAM = """
import sys
from app.carrier import CarrierOptions, run
run(CarrierOptions({}, "AC1", "secret"), port=int(sys.argv[1]))
"""
FORM = {"To": "+13125550123", "From": "+13125550199", "Body": "Hello"}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return sock.getsockname()[1]


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_it_cleanly_and_silently_even_while_it_holds_a_request(told, until):
    port = free_port()
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", PROGRAM, str(port), stdout=pipe, stderr=pipe)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as http:
        async with asyncio.timeout(20):
            while True:
                try:
                    await http.post("/faults", json={"kind": "timeout_after_accept", "seconds": 60})
                    break
                except httpx.ConnectError:
                    await asyncio.sleep(0.02)
            path = "/2010-04-01/Accounts/AC1/Messages.json"
            held = asyncio.create_task(http.post(path, data=FORM, auth=("AC1", "secret"), timeout=30))
            while not (await http.get("/requests")).json()["requests"]:
                pass
            process.send_signal(told)
            out, err = await process.communicate()
            await asyncio.wait({held})
    assert (process.returncode, out, err) == (0, b"", b"")
    assert held.exception() is not None or held.result().status_code == 500


async def test_a_taken_port_is_a_failure_not_a_silence():
    with socket.create_server(("127.0.0.1", 0)) as sock:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", PROGRAM, str(sock.getsockname()[1]), stderr=asyncio.subprocess.PIPE
        )
        _, err = await process.communicate()
    assert process.returncode == 1
    assert err.decode().splitlines()[-1].startswith("OSError: [Errno 98] ")
