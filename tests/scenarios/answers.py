"""The conversation of `calls` with one cluster, as the product understands the answers.

`devcluster/run -- python -m tests.scenarios.answers` keeps the real cluster's; `... answers embedded` shows what the
embedded one answers differently.
"""

import json
import os
import sys
from collections.abc import Callable
from typing import Any

from .api import Api
from .calls import conversation
from .compare import understood
from .disruptions import etcd_compaction
from .normal import Normal
from .recordings import FOLDER
from .script import Script

NAMESPACE = "default"
"""Nobody else is there: what is listed is the conversation's own."""
KEPT = FOLDER / "answers" / "calls.json"

Answers = dict[str, dict[str, Any]]


def hold(
    kubeconfig: str, wall: Callable[[float], float] = float, compact: Callable[[], None] = etcd_compaction
) -> Answers:
    """Hold the conversation with one cluster; return every answer by the name of its call."""
    api = Api(kubeconfig, NAMESPACE)
    run = Script(api, "calls", wall, compact=compact)
    stranger = api.stranger()
    try:
        conversation(run, stranger)
        normal = Normal(run.name, list(run.recorder.records), [], run.recorder.cuts)
        run.clean()
    finally:
        run.recorder.stop()
        stranger.close()
        api.close()
    answers = {what: understood(normal, answer) for what, answer in run.answers}
    assert len(answers) == len(run.answers), "two calls of the conversation have the same name"
    return answers


def embedded() -> Answers:
    """Hold it with a fresh embedded cluster."""
    from kubesim import Simulation

    simulation = Simulation([])
    simulation.start()
    try:
        return hold(str(simulation.kubeconfig), simulation.clock.wall, simulation.compact)
    finally:
        simulation.stop()


def differences(real: Answers, other: Answers) -> dict[str, str]:
    """Return call -> what the two say, of every call that they answer differently."""
    assert list(real) == list(other), "the two did not come through the same conversation"
    return {what: _shown(what, real[what], other[what]) for what in real if real[what] != other[what]}


def _shown(what: str, real: Any, other: Any) -> str:
    return f"{what}\n    real     {json.dumps(real)}\n    embedded {json.dumps(other)}"


def main(words: list[str]) -> int:
    """Keep the real answers, or show what is different."""
    if words != ["embedded"]:
        KEPT.parent.mkdir(exist_ok=True)
        KEPT.write_text(json.dumps(hold(os.environ["KUBECONFIG"]), indent=1) + "\n")
        return 0
    real = json.loads(KEPT.read_text())
    different = differences(real, embedded())
    sys.stdout.writelines(f"{each}\n" for each in different.values())
    sys.stdout.write(f"calls {len(real)}, equal {len(real) - len(different)}\n")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
