#!/bin/sh
# Run a command with a Node that is new enough: the one on PATH, else one from a wheel in the virtual
# environment. Usage: with_node.sh BIN COMMAND..., where BIN is the environment's bin folder.
set -eu
bin="$(cd "$1" && pwd)"
shift

has_node() {
  command -v npm >/dev/null 2>&1 && node -e 'process.exit(+(process.versions.node.split(".")[0] < 20))' 2>/dev/null
}

if ! has_node; then
  PATH="$bin:$PATH"
  export PATH
  if ! has_node; then
    echo "no Node 20 or newer on PATH: installing one into the virtual environment" >&2
    "$bin/python" -m pip install --quiet --require-hashes --requirement \
      "$(dirname "$0")/../requirements-node.lock" >&2
  fi
fi
exec "$@"
