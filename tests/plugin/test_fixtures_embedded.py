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


CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\n"


def test_the_suite_runs_on_it_and_its_gate_is_simulated(run: Runner) -> None:
    result = run(SUITE, *USUAL, context="embedded")
    assert (result.code, result.gate, result.outcomes) == (0, "simulated", {"test_it": "passed"})
    assert "SIMULATED, 20 times as fast" in result.out
    assert "\nkubechaos: loaded 2 objects: 2 simulated, 0 inert\n" in result.out
    assert result.out.rstrip().splitlines()[-1].startswith("kubechaos: gate simulated: 1 recovered, SIMULATED")


def test_manifests_are_files_and_folders_relative_to_where_they_are_named(run: Runner) -> None:
    k8s = run.pytester.mkdir("k8s")
    (k8s / "web.yaml").write_bytes(MANIFEST.read_bytes())
    (run.pytester.mkdir("other") / "settings.yaml").write_text(CONFIG_MAP)
    said = "kubechaos: loaded 3 objects: 2 simulated, 1 inert (ConfigMap 1)"
    result = run(SUITE, *USUAL, "--chaos-manifests=k8s", "--chaos-manifests=other/*.yaml", context="embedded")
    assert (result.code, said in result.out) == (0, True), result.out
    ini = run.pytester.path / "pytest.ini"
    ini.write_text(ini.read_text() + "\nchaos_manifests =\n    k8s\n    other/*.yaml\n")
    run.pytester.chdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(k8s)
        result = run(SUITE, *USUAL, str(run.pytester.path), context="embedded")
    assert (result.code, said in result.out) == (0, True), result.out


def test_objects_that_name_no_namespace_are_in_that_of_the_run(run: Runner) -> None:
    result = run(SUITE, *USUAL, "--chaos-namespace=shop", context="embedded")
    assert (result.code, result.gate) == (0, "simulated"), result.out


SHOP = """
    import pytest
    from kubechaos import NotRecoveredError, kill

    def test_it(sim):
        with pytest.raises(NotRecoveredError):
            sim.chaos.run(kill(1), sim.deployment("timeserver", namespace="shop", replacements="never-ready"))
        sim.chaos.run(kill(1), sim.deployment("timeserver"))

    @pytest.mark.parametrize("name, namespace, failure, said", [
        ("web", "shop", "", "no Deployment 'web' in namespace shop; there are: deployment/timeserver in default, depl"),
        ("timeserver", "none", "never-ready", "no Deployment 'timeserver' in namespace none; there are: "),
        ("timeserver", "", "never", "no failure 'never'; there are: blocking-budget, "),
    ])
    def test_what_there_is_not_is_an_error_that_names_what_there_is(sim, name, namespace, failure, said):
        with pytest.raises(ValueError, match=said):
            sim.deployment(name, namespace=namespace, replacements=failure)

    def test_so_is_a_workload_of_a_failure(sim):
        with pytest.raises(ValueError, match="no workload 'web' in namespace default; there are: deployment/timeser"):
            sim.simulation.inject("never-ready", "web")
"""


def test_sim_knows_namespaces_and_names_what_there_is(run: Runner) -> None:
    (run.pytester.path / "a.yaml").write_bytes(MANIFEST.read_bytes())
    (run.pytester.path / "b.yaml").write_text(
        MANIFEST.read_text().replace("metadata:\n  name", "metadata:\n  namespace: shop\n  name")
    )
    result = run(SHOP, "--chaos-manifests=a.yaml", "--chaos-manifests=b.yaml", context="")
    assert (result.code, set(result.outcomes.values())) == (0, {"passed"}), result.out


def test_each_xdist_worker_has_one_of_its_own(run: Runner) -> None:
    result = run(SUITE + "\n    test_that = test_it", "-n2", *USUAL, context="embedded", process=True)
    assert (result.code, result.gate) == (0, "simulated")
    assert result.out.count("kubechaos: loaded 2 objects") == 1


def test_a_test_can_be_tested_and_needs_no_named_cluster(run: Runner) -> None:
    result = run(REHEARSAL, context="")
    assert (result.code, set(result.outcomes.values())) == (0, {"passed"})


def test_everything_that_is_refused_is_one_usage_error(run: Runner) -> None:
    for name in ("a", "b"):
        (run.pytester.path / f"{name}.yaml").write_text("apiVersion: v1\nkind: Teapot\nmetadata: {name: pot}\n")
    result = run(SUITE, *USUAL, "--chaos-manifests=a.yaml", "--chaos-manifests=b.yaml", context="embedded")
    assert result.code == 4
    assert "ERROR: kubechaos: --chaos-manifests: 2 problems:\n    /" in result.out
    assert "/a.yaml, document 1, Teapot pot: kind: Teapot of v1 is not known" in result.out
    assert "/b.yaml, document 1, Teapot pot: kind: Teapot of v1 is not known" in result.out


def test_sim_makes_a_forgotten_with_an_error_as_chaos_does(run: Runner) -> None:
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


def test_what_a_test_expects_of_sim_is_no_error(run: Runner) -> None:
    code = """
        import pytest
        from kubechaos import RefusedError, kill

        def test_it(sim):
            with pytest.raises(RefusedError):
                sim.chaos.run(kill(9), sim.deployment("timeserver"))
    """
    assert run(code, *USUAL, context="").code == 0
