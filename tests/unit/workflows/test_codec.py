import pytest
from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure

from traceflow.models.errors import RecordCorrupt
from traceflow.workflows.codec import AesGcmCodec, encrypted_converter

PAYLOAD = Payload(metadata={"encoding": b"json/plain"}, data=b'{"page": "/checkout"}')


async def test_a_payload_comes_back_as_it_was_and_is_unreadable_meanwhile() -> None:
    codec = AesGcmCodec(b"k" * 32)

    sealed = await codec.encode([PAYLOAD, PAYLOAD])

    assert await codec.decode(sealed) == [PAYLOAD, PAYLOAD]
    assert b"checkout" not in sealed[0].SerializeToString()
    assert sealed[0] != sealed[1]


@pytest.mark.parametrize(
    "payload",
    [
        PAYLOAD,
        Payload(metadata={"encoding": b"binary/traceflow-aes256gcm"}, data=b"short"),
        Payload(metadata={"encoding": b"binary/traceflow-aes256gcm"}, data=b"x" * 100),
    ],
)
async def test_a_payload_that_is_not_ours_is_refused(payload: Payload) -> None:
    with pytest.raises(RecordCorrupt):
        await AesGcmCodec(b"k" * 32).decode([payload])


async def test_another_key_opens_nothing() -> None:
    sealed = await AesGcmCodec(b"k" * 32).encode([PAYLOAD])

    with pytest.raises(RecordCorrupt):
        await AesGcmCodec(b"l" * 32).decode(sealed)


async def test_the_texts_of_failures_are_encrypted_too() -> None:
    converter = encrypted_converter(b"k" * 32)

    failure = Failure()
    await converter.encode_failure(RuntimeError("no such page: /checkout"), failure)

    assert b"checkout" not in failure.SerializeToString()
