#!/usr/bin/env -S python -I
"""Is the server of this container ready? Exit status 0: it is; 1: what it said instead is printed.

usage: vivavoce-health [/health]       (asks whether it is alive, and nothing more)
"""

import os
import sys
import urllib.error
import urllib.request


def main(path: str = "/ready") -> int:
    port = os.environ.get("VIVAVOCE_PORT") or os.environ.get("PORT") or "8000"
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(f"http://127.0.0.1:{port}{path}", timeout=6) as answer:
            answer.read()
    except urllib.error.HTTPError as error:
        print(f"{error.code}: {error.read(2000).decode(errors='replace')}")
        return 1
    except OSError as error:
        print(f"Nobody answers on port {port}: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
