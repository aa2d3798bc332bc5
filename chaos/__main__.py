"""`make chaos`: break everything, lose nothing. Exits with 1 when anything was lost.

python -m chaos [--seed N] [--short] [--replicas] [--folder DIR]
"""

import argparse
import asyncio
import random
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from chaos import report
from chaos.draw import FULL, SEVERAL, SEVERAL_SHORT, SHORT, Plan
from chaos.replicas import stores
from chaos.scene import Result
from chaos.several import Several
from chaos.suite import Suite


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), metavar="N")
    parser.add_argument("--short", action="store_true", help="a minute of it, as in the tests")
    parser.add_argument("--replicas", action="store_true", help="only two servers at a time")
    parser.add_argument("--folder", type=Path, help="for the servers' files (default: temporary)")
    return parser.parse_args()


def main() -> None:
    args = arguments()
    print(f"seed {args.seed}", flush=True)
    began = time.monotonic()
    with TemporaryDirectory(prefix="vivavoce-chaos-", dir=args.folder) as folder:
        results = [] if args.replicas else _one(args, Path(folder))
        results += _several(args, Path(folder))
    chosen = " --short" * args.short + " --replicas" * args.replicas
    again = f"make chaos ARGS='--seed {args.seed}{chosen}'"
    print(report.summary(results, args.seed, time.monotonic() - began, again))
    sys.exit(0 if report.clean(results) else 1)


def _one(args: argparse.Namespace, folder: Path) -> list[Result]:
    plan = Plan(args.seed, SHORT if args.short else FULL)
    return asyncio.run(Suite(plan, folder, _tell).play())


def _several(args: argparse.Namespace, folder: Path) -> list[Result]:
    plan = Plan(args.seed, SEVERAL_SHORT if args.short else SEVERAL)
    with stores() as found:
        return asyncio.run(Several(plan, folder, _tell, found).play())


def _tell(result: Result) -> None:
    print(report.line(result), flush=True)


if __name__ == "__main__":
    main()
