"""Fields at rest: closed to whoever lacks the key, bound to their purpose, and open across a rotation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.crypto import CannotDecrypt, Vault, lane_of, phone_hash

OLD, NEW = "old-" + "a1b2c3d4" * 4, "new-" + "e5f6g7h8" * 4


@given(st.text())
def test_what_was_sealed_opens_again_and_does_not_show(words: str) -> None:
    vault = Vault([NEW])
    cipher = vault.seal("message", words)
    assert vault.open("message", cipher) == words
    assert vault.seal("message", words) != cipher


def test_a_value_opens_only_for_its_purpose() -> None:
    vault = Vault([NEW])
    with pytest.raises(CannotDecrypt, match="altered, or moved"):
        vault.open("lead", vault.seal("message", "hello"))


def test_a_changed_byte_is_noticed() -> None:
    vault = Vault([NEW])
    cipher = bytearray(vault.seal("message", "hello"))
    cipher[-1] ^= 1
    with pytest.raises(CannotDecrypt):
        vault.open("message", bytes(cipher))


def test_rotation_reads_the_old_and_writes_the_new() -> None:
    before = Vault([OLD]).seal("message", "hello")
    rotated = Vault([NEW, OLD])
    assert rotated.open("message", before) == "hello"
    assert Vault([NEW]).open("message", rotated.seal("message", "hello")) == "hello"


def test_a_key_that_was_dropped_too_early_is_named_as_the_reason() -> None:
    with pytest.raises(CannotDecrypt, match="LEADLINE_SECRET_KEYS"):
        Vault([NEW]).open("message", Vault([OLD]).seal("message", "hello"))


def test_a_phone_has_one_hash_and_one_lane_in_an_installation_and_another_elsewhere() -> None:
    one, other = b"k" * 32, b"j" * 32
    assert phone_hash(one, "+13125550142") == phone_hash(one, "+13125550142")
    assert phone_hash(one, "+13125550142") != phone_hash(other, "+13125550142")
    lanes = [lane_of(phone_hash(one, f"+1312555{number:04d}"), 64) for number in range(6400)]
    counts = [lanes.count(lane) for lane in range(64)]
    assert sum(counts) == 6400
    assert 50 < min(counts) <= max(counts) < 160
