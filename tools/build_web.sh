#!/bin/sh
# Build the web SDK and the dashboard into serve/web_files. Run it through with_node.sh.
set -eu
cd "$(dirname "$0")/.."
for package in sdks/web dashboard; do
  echo "building $package" >&2
  (
    cd "$package"
    npm ci --silent --no-audit --no-fund || {
      echo "missing: the packages that $package is built with" >&2
      echo "    fix: let npm reach its registry (npm config set registry <address>), then make web" >&2
      exit 1
    }
    npm run --silent build >&2
  )
done
