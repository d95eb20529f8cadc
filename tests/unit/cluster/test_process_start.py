import subprocess
import sys

import msgspec

PROGRAM = """
import sys
import structlog
log = structlog.get_logger()
from traceflow.cluster.process_start import prepare_process
prepare_process()
log.debug("not told")
try:
    raise ValueError("a typed secret")
except ValueError:
    log.error("shard_failed", shard=1, text="two\\nlines", exc_info=True)
import msgspec
msgspec.json.decode(b"[" * 999 + b"]" * 999)
"""


def test_a_process_logs_one_object_per_line_on_stderr_and_reads_deep_json() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, check=True)

    (line,) = done.stderr.splitlines()
    said = msgspec.json.decode(line)
    assert (said["event"], said["level"], said["text"]) == ("shard_failed", "error", "two\nlines")
    assert said["timestamp"].endswith("Z")
    assert b"secret" not in line
    assert done.stdout == b""
