"""Field encryption with rotation, and the keyed hash by which a phone is found.

Ciphertext is `key id (4) ‖ nonce (12) ‖ AES-256-GCM`; the purpose ("lead", "message" …) is authenticated, so
a value moved into another kind of column does not decrypt. `LEADLINE_SECRET_KEYS` lists the keys: the first
encrypts, all decrypt, so a rotation is: put the new one in front, re-encrypt at leisure, drop the old one.
"""

import hashlib
import hmac
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class CannotDecrypt(Exception):
    """No configured key opens this value: a key was dropped too early, or the value was tampered with."""


class Vault:
    """Encrypts and decrypts single values with the installation's secret keys."""

    def __init__(self, secret_keys: Sequence[str]) -> None:
        derived = [_derive(secret) for secret in secret_keys]
        self._ciphers = {key_id: AESGCM(key) for key_id, key in reversed(derived)}
        self._current, _ = derived[0]

    def encrypt(self, purpose: str, plain: bytes) -> bytes:
        """The ciphertext of `plain`, openable only for the same purpose."""
        nonce = os.urandom(12)
        return self._current + nonce + self._ciphers[self._current].encrypt(nonce, plain, purpose.encode())

    def decrypt(self, purpose: str, cipher: bytes) -> bytes:
        """The plain bytes; raises `CannotDecrypt`, which never carries the value."""
        cipher = bytes(cipher)
        opener = self._ciphers.get(cipher[:4])
        if opener is None:
            raise CannotDecrypt(f"a {purpose} value was encrypted with a key that LEADLINE_SECRET_KEYS lacks")
        try:
            return opener.decrypt(cipher[4:16], cipher[16:], purpose.encode())
        except InvalidTag:
            raise CannotDecrypt(f"a {purpose} value does not decrypt: altered, or moved from elsewhere") from None

    def seal(self, purpose: str, text: str) -> bytes:
        """`encrypt` for text."""
        return self.encrypt(purpose, text.encode())

    def open(self, purpose: str, cipher: bytes) -> str:
        """`decrypt` for text."""
        return self.decrypt(purpose, cipher).decode()


def phone_hash(phone_key: bytes, phone: str) -> bytes:
    """The blind index of an E.164 number: the same for the same number, useless without the key."""
    return hmac.digest(phone_key, phone.encode(), "sha256")[:16]


def lane_of(phone_hash: bytes, lanes: int) -> int:
    """Which of the installation's lanes works a contact: stable, and even over contacts."""
    return int.from_bytes(phone_hash[:4], "big") % lanes


def _derive(secret: str) -> tuple[bytes, bytes]:
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"leadline fields").derive(secret.encode())
    return hashlib.sha256(b"leadline key id" + key).digest()[:4], key
