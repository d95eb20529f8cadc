"""Payloads of workflows at rest: AES-256-GCM, so that Temporal's database holds no readable fact."""

import dataclasses
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from google.protobuf.message import DecodeError
from temporalio.api.common.v1 import Payload
from temporalio.converter import DataConverter, DefaultFailureConverterWithEncodedAttributes, PayloadCodec

from traceflow.models.errors import RecordCorrupt

_ENCODING = b"binary/traceflow-aes256gcm"
_NONCE_BYTES = 12


class AesGcmCodec(PayloadCodec):
    """Encrypts every payload under one key of 32 bytes; a payload that is not encrypted is refused."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [self._sealed(payload) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [self._opened(payload) for payload in payloads]

    def _sealed(self, payload: Payload) -> Payload:
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._cipher.encrypt(nonce, payload.SerializeToString(), _ENCODING)
        return Payload(metadata={"encoding": _ENCODING}, data=nonce + sealed)

    def _opened(self, payload: Payload) -> Payload:
        if payload.metadata.get("encoding") != _ENCODING:
            raise RecordCorrupt("A workflow's payload is not encrypted: it is not ours.")
        nonce, sealed = payload.data[:_NONCE_BYTES], payload.data[_NONCE_BYTES:]
        try:
            return Payload.FromString(self._cipher.decrypt(nonce, sealed, _ENCODING))
        except (InvalidTag, ValueError, DecodeError) as error:
            raise RecordCorrupt("A workflow's payload does not decrypt under this key.") from error


def encrypted_converter(key: bytes) -> DataConverter:
    """Return the default converter with its payloads, and the texts of failures, encrypted."""
    return dataclasses.replace(
        DataConverter.default,
        payload_codec=AesGcmCodec(key),
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
    )
