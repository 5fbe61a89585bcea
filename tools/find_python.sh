#!/bin/sh
# Prints the first Python on the PATH that is new enough and can make a virtual environment.
for name in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11 python}; do
    path=$(command -v "$name" 2>/dev/null) || continue
    if "$path" -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' 2>/dev/null; then
        echo "$path"
        exit 0
    fi
done
cat >&2 <<'TEXT'
Tenantry needs Python 3.11 to 3.14 with its modules venv and ensurepip, and none was found on the PATH.
    Debian, Ubuntu    apt-get install python3 python3-venv
    Fedora            dnf install python3
Or name one:          make PYTHON=/path/to/python3.12
TEXT
exit 1
