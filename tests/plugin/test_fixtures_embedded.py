"""A cluster in the process: the suite runs anywhere, and a test can be tested."""

from pathlib import Path

import pytest

from tests.plugin.conftest import Runner

MANIFEST = Path(__file__).parents[2] / "examples" / "timeserver.yaml"
SUITE = """
    from kubechaos import kill

    def test_it(chaos, healthy_deployment):
        outage = chaos.run(kill(1), healthy_deployment, within=60)
        assert outage.recovery_time > 0
"""
USUAL = ("--chaos-settle=60", "--chaos-within=60", "--chaos-stable-for=10")
REHEARSAL = """
    import pytest
    from kubechaos import NotRecoveredError, kill

    def survives(chaos, target):
        chaos.run(kill(1), target, within=20)

    def test_a_healthy_deployment_survives(sim):
        survives(sim.chaos, sim.deployment("timeserver"))

    @pytest.mark.parametrize("failure", ["never-ready", "crash-loop", "image-pull", "unschedulable"])
    def test_a_failing_one_does_not(sim, failure):
        with pytest.raises(NotRecoveredError):
            survives(sim.chaos, sim.deployment("timeserver", replacements=failure))
"""


@pytest.fixture
def embedded(pytester: pytest.Pytester) -> Path:
    """A folder with the example's manifest in its usual place."""
    folder = pytester.mkdir("examples")
    return Path((folder / "timeserver.yaml").write_bytes(MANIFEST.read_bytes()) and folder)


def test_the_suite_runs_on_it_and_its_gate_is_simulated(run: Runner, embedded: Path) -> None:
    result = run(SUITE, *USUAL, context="embedded")
    assert (result.code, result.gate, result.outcomes) == (0, "simulated", {"test_it": "passed"})
    assert "SIMULATED, 20 times as fast" in result.out
    assert result.out.rstrip().splitlines()[-1].startswith("kubechaos: gate simulated: 1 recovered, SIMULATED")


def test_each_xdist_worker_has_one_of_its_own(run: Runner, embedded: Path) -> None:
    result = run(SUITE + "\n    test_that = test_it", "-n2", *USUAL, context="embedded", process=True)
    assert (result.code, result.gate) == (0, "simulated")


def test_a_test_can_be_tested_and_needs_no_named_cluster(run: Runner, embedded: Path) -> None:
    result = run(REHEARSAL, context="")
    assert (result.code, set(result.outcomes.values())) == (0, {"passed"})


def test_a_manifest_that_is_not_supported_is_an_error_that_names_it(run: Runner, embedded: Path) -> None:
    (embedded / "timeserver.yaml").write_text("apiVersion: v1\nkind: Teapot\nmetadata: {name: pot}\n")
    result = run(SUITE, *USUAL, context="embedded")
    assert result.code == 4
    assert "timeserver.yaml, document 1" in result.out
    assert "Teapot" in result.out


def test_sim_makes_a_forgotten_with_an_error_as_chaos_does(run: Runner, embedded: Path) -> None:
    code = """
        from kubechaos import kill

        KEPT = []

        def test_never_entered(sim):
            sim.chaos.inject(kill(1), sim.deployment("timeserver"))

        def test_never_left(sim):
            KEPT.append(sim.chaos.inject(kill(1), sim.deployment("timeserver"), within=0))
            KEPT[0].__enter__()
    """
    result = run(code, *USUAL, context="")
    assert (result.code, result.outcomes) == (1, {"test_never_entered": "error", "test_never_left": "error"})
    assert "does nothing by itself; write: with chaos.inject(kill(1), deployment/timeserver" in result.out
    assert "its block was never left, or its thread went on after the test: there is no result" in result.out


def test_what_a_test_expects_of_sim_is_no_error(run: Runner, embedded: Path) -> None:
    code = """
        import pytest
        from kubechaos import RefusedError, kill

        def test_it(sim):
            with pytest.raises(RefusedError):
                sim.chaos.run(kill(9), sim.deployment("timeserver"))
    """
    assert run(code, *USUAL, context="").code == 0
