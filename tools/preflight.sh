#!/bin/sh
# Name what is missing, with its fix, before anything is installed or started. Usage: preflight.sh PYTHON
python="$1"
missing=0

need() {
  echo "missing: $1" >&2
  echo "    fix: $2" >&2
  missing=1
}

if [ "$(uname -s)" != Linux ]; then
  need "Linux" "TraceFlow's embedded services run on Linux; on other systems use a virtual machine"
fi
if ! command -v "$python" >/dev/null 2>&1; then
  need "Python 3.11 or newer" "install it (Debian: apt-get install python3 python3-venv) or run make PYTHON=/path/to/python3.11"
elif ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
  need "Python 3.11 or newer ($("$python" --version 2>&1) was found)" "run make PYTHON=/path/to/python3.11"
elif ! "$python" -c 'import venv, ensurepip' >/dev/null 2>&1; then
  need "Python's venv" "Debian: apt-get install python3-venv"
fi
if [ ! -L src/traceflow/serve ]; then
  need "symbolic links in src/traceflow" "clone on a file system with links (git config core.symlinks true) and check out anew"
fi
exit $missing
