"""The commands that stay: `demo` and `up` (everything on this machine), `api`, `worker`, `carrier`; and `migrate`."""

import asyncio
import secrets
from typing import Annotated

import typer

from app.cli.screen import DataDir, Failure, WrongUsage, say

Port = Annotated[int, typer.Option(help="Where the API listens.", min=1, max=65534)]
Host = Annotated[str, typer.Option(help="The address to listen on; 0.0.0.0 for all.")]


def demo(port: Port = 8000, data: DataDir = None) -> None:
    """Run everything on this machine: databases, an example clinic, API, worker, and a carrier with phones to text.

    It prints `ready http://127.0.0.1:8000` when all of it answers. The carrier's phones are at the next port.
    Ctrl-C stops all of it; the data stay in the data folder. Nothing leaves this machine.

    Examples: `leadline demo` · `leadline demo --port 9000 --data /tmp/second`
    """
    from app import demo as supervisor
    from app.running import settings_given

    supervisor.run(settings_given(data), port, demo=True)


def up(port: Port = 8000, data: DataDir = None) -> None:
    """Run everything on this machine for real: like `demo`, without its clinic, its carrier and its clock.

    Needs LEADLINE_SECRET_KEYS and the carrier's secrets in the environment, and LEADLINE_PUBLIC_URL for a
    carrier to reach it.

    Example: `LEADLINE_PUBLIC_URL=https://leads.example.com leadline up`
    """
    from app import demo as supervisor
    from app.running import settings_given

    supervisor.run(settings_given(data), port, demo=False)


def api(port: Port = 8000, host: Host = "127.0.0.1") -> None:
    """Run the API alone, for deployments; databases by URL.

    Example: `leadline api --host 0.0.0.0`
    """
    from app import lifeline, logs, serving
    from app.running import settings_given

    lifeline.hold()
    settings = settings_given().check()
    logs.configure(settings.log_format)
    asyncio.run(serving.preflight(settings))
    free(host, port)
    serving.serve(settings, host, port)


def worker() -> None:
    """Run one worker, for deployments: it reads events, sends texts and keeps house. Run as many as you like."""
    import uvloop

    from app import lifeline, logs, serving
    from app.running import settings_given
    from app.workers import run_worker

    lifeline.hold()
    settings = settings_given().check()
    logs.configure(settings.log_format)
    asyncio.run(serving.preflight(settings))
    uvloop.run(run_worker(settings))


def migrate() -> None:
    """Bring the database to this version; doing it again changes nothing.

    Without LEADLINE_DATABASE_URL it is the demo or `up` that runs here.

    Example: `LEADLINE_DATABASE_URL=postgresql://… leadline migrate`
    """
    from app.install import install
    from app.running import settings_here

    done = asyncio.run(install(settings_here().check()))
    came = "as before" if done.before == done.after else f"from {done.before or 'nothing'}"
    say(f"The database is at {done.after} ({came}).")


def carrier(
    port: Annotated[int, typer.Option(help="Where it listens.", min=1, max=65535)] = 8001,
    host: Host = "127.0.0.1",
    number: Annotated[
        list[str] | None,
        typer.Option(metavar="N=WEBHOOK_BASE_URL", help="A number of the business and where its texts are posted."),
    ] = None,
    mail_port: Annotated[int | None, typer.Option(help="Take in e-mails here.", min=1, max=65535)] = None,
    account: Annotated[str, typer.Option(envvar="TWILIO_ACCOUNT_SID", help="Account SID. [default: made up]")] = "",
    token: Annotated[str, typer.Option(envvar="TWILIO_AUTH_TOKEN", help="Auth token. [default: made up]")] = "",
) -> None:
    """Run the emulated carrier alone: Twilio's interface, signed webhooks, and a page with phones to text from.

    Point any program for Twilio at it. Without --number it accepts any sender and posts nothing back.

    Example: `leadline carrier --number +13125550199=http://127.0.0.1:8000/webhooks/sms/lakeside-main`
    """
    from app import lifeline
    from app.carrier import CarrierOptions, run

    given = bool(account and token)
    account, token = account or f"AC{secrets.token_hex(16)}", token or secrets.token_hex(16)
    numbers = dict(parse_number(each) for each in number or ())
    free(host, port)
    lifeline.hold(lambda order: numbers.update([parse_number(order)]))
    say(f"The emulated carrier and its phones: http://{host}:{port}/")
    if not given:
        say(f"TWILIO_ACCOUNT_SID={account} TWILIO_AUTH_TOKEN={token}")
    mail = (host, mail_port) if mail_port is not None else None
    if mail is not None:
        free(*mail)
        say(f"Its mail server: smtp://{host}:{mail_port}, what came is at http://{host}:{port}/mail")
    run(CarrierOptions(numbers=numbers, account=account, token=token, mail=mail), host, port)


def parse_number(written: str) -> tuple[str, str]:
    """`+13125550199=http://…` as its two halves; raises WrongUsage."""
    number, _, base = written.partition("=")
    if not (number.startswith("+") and number[1:].isdigit() and base.startswith(("http://", "https://"))):
        raise WrongUsage(f"--number {written}: give +NUMBER=URL, such as +13125550199=http://127.0.0.1:8000/webhooks/…")
    return number, base


def free(host: str, port: int) -> None:
    """Raises `Failure` when the port can't be listened on: better now than halfway."""
    from app.ports import is_free

    if not is_free(host, port):
        raise Failure(f"port {port} is in use on {host}: stop what listens there, or give another --port")
