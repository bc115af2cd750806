"""The command `kubechaos`."""

import argparse
import sys
from pathlib import Path

from .errors import RecordingError, Verdict
from .judge.replay import replay
from .report import recording, text
from .untrusted import safe


def main(arguments: list[str] | None = None) -> int:
    """Run the command with the arguments, those of the process if None; return its exit code."""
    parser = argparse.ArgumentParser(prog="kubechaos", description="What can be done without running pytest.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    replay_parser = commands.add_parser(
        "replay",
        help="judge a recording again",
        description="Compute alerts, facts and verdicts from the events.ndjson of a test alone. "
        "Exit code 0: all recovered; 1: not so, or nothing was recorded; 2: the file is no recording.",
    )
    replay_parser.add_argument("events", type=Path, metavar="EVENTS", help="an events.ndjson")
    replay_parser.set_defaults(run=_replay)
    check_parser = commands.add_parser(
        "check",
        help="say what the embedded cluster makes of manifests",
        description="Print which objects are simulated and which are inert, and everything that is refused, with its "
        "file, document and field. Exit code 0: all are taken; 1: not so.",
    )
    check_parser.add_argument(
        "paths", type=Path, nargs="+", metavar="PATH", help="a file, a folder or a quoted glob; - for standard input"
    )
    check_parser.set_defaults(run=_check)
    chosen = parser.parse_args(arguments)
    code: int = chosen.run(chosen)
    return code


def _replay(chosen: argparse.Namespace) -> int:
    try:
        with chosen.events.open("rb") as lines:
            outages = list(replay(recording.entries(lines)))
    except (OSError, RecordingError) as error:
        sys.stderr.write(f"kubechaos replay: {chosen.events}: {error}\n")
        return 2
    for outage in outages:
        sys.stdout.write(f"{text.verdict_line(outage)}\n{text.timeline(outage)}\n")
    if not outages:
        sys.stderr.write(f"kubechaos replay: {chosen.events}: no experiment was recorded in it\n")
    return 0 if outages and all(outage.verdict is Verdict.RECOVERED for outage in outages) else 1


def _check(chosen: argparse.Namespace) -> int:
    from kubesim import check

    loaded = check(chosen.paths)
    rows = [("simulated", kind, number) for kind, number in loaded.simulated.items()]
    rows += [("inert", kind, number) for kind, number in loaded.inert.items()]
    lines = [f"{group:11}{kind:40}{number:>5}" for group, kind, number in rows]
    lines += [f"{'refused':11}{problem}" for problem in loaded.problems]
    last = str(loaded)
    if loaded.problems:
        last = f"refused: {len(loaded.problems)} problems, so nothing would be loaded"
    # Names of kinds, files and fields are what others have written.
    sys.stdout.writelines(f"{safe(line)}\n" for line in (*lines, last))
    return int(bool(loaded.problems))
