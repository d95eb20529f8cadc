from dataclasses import replace

import pytest

from traceflow.datasets.archive.cipher import SessionCipher
from traceflow.models.errors import RecordCorrupt
from traceflow.models.ports import TenantKeys
from traceflow.models.session.key import SessionKey

SESSION = SessionKey(tenant_id="acme", project_id="shop", session_id="s-1")
OTHERS = [
    replace(SESSION, session_id="s-2"),
    replace(SESSION, project_id="blog"),
    replace(SESSION, tenant_id="rival"),
    replace(SESSION, project_id="shops", session_id="-1"),
]


@pytest.fixture
def cipher(tenant_keys: TenantKeys) -> SessionCipher:
    return SessionCipher(tenant_keys)


async def test_a_block_opens_with_the_sessions_key_in_its_place(cipher: SessionCipher) -> None:
    wrapped_key = await cipher.new_wrapped_key(SESSION)
    sealed = (await cipher.block_cipher(SESSION, wrapped_key=wrapped_key)).seal(b"frames", object_key="a/b")

    opened = (await cipher.block_cipher(SESSION, wrapped_key=wrapped_key)).open(sealed, object_key="a/b")

    assert opened == b"frames"
    assert b"frames" not in sealed


async def test_a_block_does_not_open_in_another_object(cipher: SessionCipher) -> None:
    blocks = await cipher.block_cipher(SESSION, wrapped_key=await cipher.new_wrapped_key(SESSION))

    with pytest.raises(RecordCorrupt):
        blocks.open(blocks.seal(b"frames", object_key="a/b"), object_key="a/c")


@pytest.mark.parametrize("other", OTHERS, ids=str)
async def test_a_wrapped_key_unwraps_for_its_own_session_only(
    cipher: SessionCipher, other: SessionKey
) -> None:
    wrapped_key = await cipher.new_wrapped_key(SESSION)

    with pytest.raises(RecordCorrupt):
        await cipher.block_cipher(other, wrapped_key=wrapped_key)


async def test_any_changed_byte_is_noticed(cipher: SessionCipher) -> None:
    blocks = await cipher.block_cipher(SESSION, wrapped_key=await cipher.new_wrapped_key(SESSION))
    sealed = blocks.seal(b"frames", object_key="a/b")

    for position in range(len(sealed)):
        damaged = bytearray(sealed)
        damaged[position] ^= 1
        with pytest.raises(RecordCorrupt):
            blocks.open(bytes(damaged), object_key="a/b")


@pytest.mark.parametrize("length", [0, 11, 27])
async def test_what_is_shorter_than_a_seal_is_corrupt(cipher: SessionCipher, length: int) -> None:
    blocks = await cipher.block_cipher(SESSION, wrapped_key=await cipher.new_wrapped_key(SESSION))

    with pytest.raises(RecordCorrupt):
        blocks.open(bytes(length), object_key="a/b")


async def test_no_two_sessions_and_no_two_blocks_look_alike(cipher: SessionCipher) -> None:
    keys = {await cipher.new_wrapped_key(SESSION) for _ in range(50)}
    blocks = await cipher.block_cipher(SESSION, wrapped_key=keys.pop())
    sealed = {blocks.seal(b"same", object_key="a/b") for _ in range(50)}

    assert len(keys) == 49
    assert len(sealed) == 50
