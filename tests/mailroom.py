"""Real SMTP servers on loopback: one that takes everything, and one that does what a script says, byte by byte.

The first is aiosmtpd, somebody else's server, so that what we say is read by other eyes than ours.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.house import until


@dataclass
class Mail:
    """An e-mail as a server got it."""

    sender: str
    to: list[str]
    data: bytes
    encrypted: bool


@dataclass
class Mailroom:
    """A server that takes everything; `logins` are who said who they are."""

    port: int = 0
    mails: list[Mail] = field(default_factory=list)
    logins: list[tuple[bytes, bytes]] = field(default_factory=list)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Keep what came."""
        mail = Mail(envelope.mail_from, envelope.rcpt_tos, envelope.content, session.ssl is not None)
        self.mails.append(mail)
        return "250 OK"

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        """Believe everybody, and remember them."""
        assert isinstance(data, LoginPassword)
        self.logins.append((data.login, data.password))
        return AuthResult(success=True)


@asynccontextmanager
async def a_mailroom(host: str = "127.0.0.1", **options: Any) -> AsyncIterator[Mailroom]:
    """A server that takes everything; it ends when everybody has hung up."""
    room, open_ = Mailroom(), set[Any]()

    class Counter(SMTP):  # type: ignore[misc]
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            open_.add(self)
            super().connection_made(transport)

        def connection_lost(self, error: Exception | None) -> None:
            open_.discard(self)
            super().connection_lost(error)

    loop = asyncio.get_running_loop()
    given = {"authenticator": room.authenticate, "hostname": "mailroom", **options}
    server = await loop.create_server(lambda: Counter(room, loop=loop, **given), host, 0)
    room.port = server.sockets[0].getsockname()[1]
    yield room
    server.close()

    async def all_gone() -> bool:
        return not open_

    await until(all_gone)


def a_certificate(folder: Path) -> ssl.SSLContext:
    """A server's side of TLS, with a certificate that nobody signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    signed = made.not_valid_before(now).not_valid_after(now + timedelta(days=1)).sign(key, hashes.SHA256())
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ) + signed.public_bytes(serialization.Encoding.PEM)
    (folder / "server.pem").write_bytes(pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    return context


DROP, HANG = "drop", "hang"
"""Instead of an answer: the connection is cut, or nothing is ever said."""

POLITE = {"CONNECT": "220 hello", "EHLO": "250 hello", "RSET": "250 fine", "QUIT": "221 bye"} | {
    "MAIL": "250 fine",
    "RCPT": "250 fine",
    "DATA": "354 go on",
    "WORDS": "250 taken",
}


@dataclass
class Scripted:
    """A server that follows a script: what it answers to each command, and to the `WORDS` after DATA.

    `script` may be changed while it runs; `heard` is every command, `taken` counts the words that were acknowledged.
    """

    script: dict[str, str]
    port: int = 0
    heard: list[str] = field(default_factory=list)
    taken: int = 0
    greeted: int = 0
    waits: asyncio.Event | None = None
    """It takes no words before this is set."""
    over: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        self.greeted += 1
        try:
            if await self._answer("CONNECT", writer):
                await self._talk(reader, writer)
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            command = line.decode().split()[0].upper()
            self.heard.append(command)
            if command == "DATA" and self.script["DATA"].startswith("354"):
                writer.write(b"354 go on\r\n")
                if self.script["WORDS"] == DROP:
                    await reader.readline()  # some of it came, then the line went dead
                    return
                await reader.readuntil(b"\r\n.\r\n")
                if self.waits is not None:
                    await self.waits.wait()
                self.taken += self.script["WORDS"].startswith("2")
                command = "WORDS"
            if not await self._answer(command, writer):
                return

    async def _answer(self, command: str, writer: asyncio.StreamWriter) -> bool:
        answer = self.script.get(command, "502 what?")
        if answer == HANG:
            await self.over.wait()
            return False
        if answer == DROP:
            return False
        writer.write(f"{answer}\r\n".encode())
        await writer.drain()
        return command != "QUIT"


@asynccontextmanager
async def a_scripted_server(changes: Mapping[str, str] | None = None) -> AsyncIterator[Scripted]:
    """A polite server, but for these changes."""
    scripted = Scripted({**POLITE, **(changes or {})})
    talks: set[asyncio.Task[None]] = set()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        talks.add(task)
        await scripted.serve(reader, writer)

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    scripted.port = server.sockets[0].getsockname()[1]
    yield scripted
    server.close()
    scripted.over.set()
    await asyncio.gather(*talks)
