"""What the command line asks for."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

from devcluster.layout import MOST_NODES

RUN_USAGE = "devcluster/run [--nodes N] [--keep] -- COMMAND...\n       devcluster/run --build-only"
RUN_EXIT_CODES = """\
exit codes: COMMAND's own (128 + N when signal N ended it); 2 this machine or command line will not do;
            3 the cluster did not come up or a component died; 130, 143, 129 interrupted by SIGINT, SIGTERM, SIGHUP.
"""


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What `devcluster/run` was asked to do."""

    nodes: int
    keep: bool
    build_only: bool
    command: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LeftoversOptions:
    """What `devcluster/leftovers` was asked to do."""

    remove: bool
    all: bool


def run_options(arguments: Sequence[str]) -> RunOptions:
    """Parse the arguments of `devcluster/run`; exit 2 with the usage when they make no sense."""
    own, command = split_at_dashes(arguments)
    parser = run_parser()
    parsed = parser.parse_args(own)
    if not parsed.build_only and not command:
        parser.error("give a command after --")
    return RunOptions(parsed.nodes, parsed.keep, parsed.build_only, command)


def split_at_dashes(arguments: Sequence[str]) -> tuple[list[str], tuple[str, ...]]:
    """Split arguments at the first `--` into the driver's own and COMMAND."""
    own = list(arguments)
    if "--" not in own:
        return own, ()
    at = own.index("--")
    return own[:at], tuple(own[at + 1 :])


def run_parser() -> argparse.ArgumentParser:
    """Return the parser of `devcluster/run`."""
    parser = argparse.ArgumentParser(
        "devcluster/run",
        usage=RUN_USAGE,
        description="Run COMMAND in the network of a fresh Kubernetes cluster, then remove the cluster.",
        epilog=RUN_EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--nodes", type=node_count, default=2, metavar="N", help="how many nodes (default 2)")
    parser.add_argument("--keep", action="store_true", help="leave the cluster up after COMMAND")
    parser.add_argument("--build-only", action="store_true", help="only build and cache the Kubernetes binary")
    return parser


def node_count(text: str) -> int:
    """Read a number of nodes."""
    if not text.isdecimal() or not 1 <= int(text) <= MOST_NODES:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of nodes between 1 and {MOST_NODES}")
    return int(text)


def leftovers_options(arguments: Sequence[str]) -> LeftoversOptions:
    """Parse the arguments of `devcluster/leftovers`."""
    parser = argparse.ArgumentParser(
        "devcluster/leftovers",
        description="List what broken or kept clusters left on this machine, one per line; exit 1 if anything.",
        allow_abbrev=False,
    )
    parser.add_argument("--remove", action="store_true", help="remove it")
    parser.add_argument("--all", action="store_true", help="include clusters whose driver still runs")
    parsed = parser.parse_args(arguments)
    return LeftoversOptions(parsed.remove, parsed.all)
