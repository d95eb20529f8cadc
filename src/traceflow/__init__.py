"""TraceFlow: digital experience intelligence on Ray."""
