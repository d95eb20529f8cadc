import gzip

import pytest
import zstandard
from benchmarks.payload import EVENTS, TEMPLATES, compress, templates

from traceflow.models.envelope.decode import decode_segment


def test_the_templates_are_distinct_segments_of_about_20_kb_and_50_events() -> None:
    documents = [segment.document for segment in templates(window_id="w")]

    assert len(set(documents)) == TEMPLATES >= 16
    assert 18_000 < sum(map(len, documents)) / len(documents) < 23_000
    assert {decode_segment(document).event_count for document in documents} == {EVENTS}


def test_every_run_sends_the_same_templates() -> None:
    assert templates(window_id="w") == templates(window_id="w")


@pytest.mark.parametrize(
    ("encoding", "open_"), [("gzip", gzip.decompress), ("zstd", zstandard.ZstdDecompressor().decompress)]
)
def test_a_compressed_template_is_a_fifth_of_its_size(encoding: str, open_) -> None:  # type: ignore[no-untyped-def]
    document = templates(window_id="w")[0].document

    body = compress(document, encoding)

    assert open_(body) == document
    assert len(body) < len(document) / 4
