"""What every process of a stack does before its work: one way to log, and JSON as deep as is let in."""

import logging
import sys

import structlog

from traceflow.models.envelope.depth import allow_deep_json


def prepare_process() -> None:
    """Log one JSON object per line on stderr, and read deep JSON: once, at the start of a process."""
    structlog.configure(
        # Exceptions are not rendered: their texts may quote what was recorded.
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    allow_deep_json()
