"""Scenarios on the embedded cluster; `python -m tests.scenarios.embedded [SCENARIO...]` shows all that is different."""

import sys
import time

from kubesim import Scaled, Simulation
from kubesim.failures import CrashLoop, Failure, InitCrashLoop, SlowReady

from .api import Api
from .catalogue import SCENARIOS
from .held import hold
from .normal import Normal, Sequences
from .script import Script

FACTOR = 10.0
"""Slow enough that two calls in a row are as near to each other as on a real cluster."""
FAILURES: dict[str, Failure] = {
    "crash-loop": CrashLoop(exit_code=3),
    "init-crash-loop": InitCrashLoop(exit_code=3),
    "never-started": SlowReady(seconds=1000),
}
"""With the parameters that the containers of the recordings have; the others have none."""


def rehearse(title: str) -> Sequences:
    """Run one scenario on a fresh embedded cluster; return what was seen."""
    simulation = Simulation(clock=Scaled(FACTOR))
    simulation.start()
    try:
        simulation.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "chaos"}})
        api = Api(str(simulation.kubeconfig))

        def inject(workload: str, failure: str) -> None:
            simulation.inject(FAILURES.get(failure, failure), workload, namespace="chaos")

        script = Script(api, title, simulation.clock.wall, inject, simulation.compact)
        try:
            SCENARIOS[title](script)
        finally:
            script.recorder.stop()
            api.close()
    finally:
        simulation.stop()
    return Normal(script.name, script.recorder.records, script.answers, script.recorder.cuts).sequences


def main(titles: list[str]) -> int:
    """Print how many objects are equal, and every difference."""
    objects = equal = 0
    started = time.monotonic()
    for title in titles or SCENARIOS:
        try:
            held = hold(title, rehearse(title))
        except AssertionError as error:
            sys.stdout.write(f"== {title}: {error}\n")
            continue
        objects, equal = objects + held.objects, equal + held.equal
        sys.stdout.write(f"== {title}: {held.equal} of {held.objects}\n")
        sys.stdout.writelines(f"{difference}\n" for difference in held.differences)
    seconds = time.monotonic() - started
    sys.stdout.write(f"scenarios {len(titles or SCENARIOS)}, objects {objects}, equal {equal}, {seconds:.1f} s\n")
    return 0 if objects == equal else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
