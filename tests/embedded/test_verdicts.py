"""Every failure, through our own client: the verdict and the cause that one expects."""

import re
from contextlib import nullcontext
from pathlib import Path

import pytest

from kubechaos.errors import InconclusiveError, NotSteadyError, PermissionRefusedError, SlowLivenessProbeWarning
from kubechaos.faults.pods import kill
from kubechaos.judge.outage import Outage
from kubechaos.plugin.options import OPTIONS
from kubesim import Simulation
from kubesim.failures import Failure, Forbidden, OutOfMemory, SlowReady
from tests.embedded.client import DEPLOYMENTS, Client
from tests.embedded.sets import RESTARTED, stateful_set
from tests.embedded.shop import deployment


def kill_one(client: Client, failure: Failure | str) -> Outage:
    client.sim.settle()
    client.sim.inject(failure, "web", replacements=True)
    return client.chaos.run(kill(1), client.web, check=False)


@pytest.mark.parametrize(
    ("failure", "cause"),
    [
        ("never-ready", "2 of 3 pods of the current template are Ready; pod .*: ContainersNotReady"),
        (SlowReady(seconds=600), "2 of 3 pods of the current template are Ready; pod .*: ContainersNotReady"),
        ("flapping", "lost its readiness .* times"),
        ("crash-loop", "CrashLoopBackOff: back-off [12]0s restarting failed container=web"),
        ("oom", "CrashLoopBackOff|OOMKilled"),
        ("image-pull", "ImagePullBackOff|ErrImagePull"),
        ("unschedulable", "Unschedulable: 0/2 nodes are available: 2 Insufficient cpu"),
        ("quota", "FailedCreate: pods .* is forbidden: exceeded quota: injected-quota, requested: pods=1"),
    ],
)
def test_a_failing_replacement_is_no_recovery_and_the_cause_is_named(
    client: Client, failure: Failure | str, cause: str
) -> None:
    outage = kill_one(client, failure)
    assert outage.verdict == "not_recovered"
    assert re.search(cause, outage.cause), outage.cause


def test_a_slow_replacement_is_a_late_recovery(client: Client) -> None:
    outage = kill_one(client, SlowReady(seconds=6))
    assert outage.verdict == "recovered"
    assert outage.recovery_time > 6
    assert "until it was Ready" in outage.cause


@pytest.mark.parametrize(("name", "workload"), [("controller-silent", "web"), ("scheduler-silent", "")])
def test_a_component_that_does_nothing_is_no_recovery(client: Client, name: str, workload: str) -> None:
    client.sim.settle()
    client.chaos.steady(client.web)
    client.sim.inject(name, workload)
    outage = client.chaos.run(kill(1), client.web, check=False)
    assert outage.verdict == "not_recovered"
    assert "2 of 3 pods of the current template are Ready" in outage.cause
    assert ("not scheduled yet" in outage.cause) is (name == "scheduler-silent")


def test_a_victim_that_ignores_sigterm_uses_all_of_its_grace_period(client: Client) -> None:
    client.sim.inject("ignores-sigterm", "web")
    outage = client.chaos.run(kill(1), client.web)
    (removed,) = outage.phases.removed
    assert outage.verdict == "recovered"
    assert removed.stopped is not None
    assert removed.stopped > 1.9


def test_a_victim_with_a_finalizer_is_stopped_but_stays(client: Client) -> None:
    client.sim.inject("stuck-finalizer", "web")
    outage = client.chaos.run(kill(1), client.web)
    (removed,) = outage.phases.removed
    assert outage.verdict == "recovered"
    assert removed.stopped is not None
    assert removed.gone is None
    assert "NotGone" in outage.alerts


def test_a_forbidden_verb_is_refused_before_anything_is_touched(client: Client) -> None:
    client.sim.settle()
    client.sim.inject(Forbidden(verb="delete", resource="pods"))
    before = client.names()
    with pytest.raises(PermissionRefusedError, match='user "simulated" may not delete pods in namespace "default"'):
        client.chaos.run(kill(1), client.web)
    assert client.names() == before


@pytest.mark.parametrize("name", ["never-ready", "crash-loop", "image-pull", "unschedulable", "quota"])
def test_what_fails_from_the_start_is_never_steady(tmp_path: Path, name: str) -> None:
    simulation = Simulation()
    simulation.inject(name, "web")
    with simulation as sim:
        sim.apply(deployment())
        client = Client(sim, tmp_path, settle=5)
        with pytest.raises(NotSteadyError, match="0 of 3 pods of the current template are Ready"):
            client.chaos.steady(client.web)
        client.close()


def test_a_cluster_without_its_failure_recovers(client: Client) -> None:
    assert kill_one(client, "never-ready").verdict == "not_recovered"
    client.sim.remove("never-ready")
    client.sim.settle()
    assert client.chaos.run(kill(1), client.web).verdict == "recovered"


def test_an_unknown_failure_is_refused_naming_those_that_there_are(client: Client) -> None:
    with pytest.raises(ValueError, match=r"no failure 'flu'; there are: blocking-budget, .*, unschedulable"):
        client.sim.inject("flu")


def test_events_that_may_not_be_read_are_done_without_and_said_so(client: Client) -> None:
    client.sim.inject(Forbidden(verb="list", resource="events"))
    outage = client.chaos.run(kill(1), client.web)
    assert outage.verdict == "recovered"
    assert outage.unobserved == ("Event",)


def test_nobody_can_say_that_a_service_was_not_down_whose_endpoint_slices_may_not_be_read(client: Client) -> None:
    client.sim.inject(Forbidden(verb="list", resource="endpointslices"))
    outage = client.chaos.run(kill(1), client.web)
    assert (outage.verdict, outage.unobserved) == ("recovered", ("EndpointSlice",))
    with pytest.raises(InconclusiveError, match="ServiceDown: there is no permission to list and watch endpointslices"):
        _ = "ServiceDown" in outage.alerts


def test_pods_that_may_not_be_read_end_it(client: Client) -> None:
    client.sim.inject(Forbidden(verb="watch", resource="pods"))
    with pytest.raises(InconclusiveError, match='User "simulated" cannot watch resource "pods"'):
        client.chaos.run(kill(1), client.web)


def test_nothing_has_recovered_before_kubernetes_calls_its_pods_available(sim: Simulation, tmp_path: Path) -> None:
    sim.apply(deployment(minReadySeconds=8))
    client = Client(sim, tmp_path)
    outage = client.chaos.run(kill(1), client.web)
    assert (outage.verdict, outage.stable_for) == ("recovered", 8)
    assert outage.recovery_time < outage.phases.added[0].ready + 8
    assert client.get(f"{DEPLOYMENTS}/web")["status"]["availableReplicas"] == 3
    client.close()


def test_a_target_is_steady_though_its_min_ready_seconds_are_longer_than_what_is_waited_for(
    sim: Simulation, tmp_path: Path
) -> None:
    sim.apply(deployment(minReadySeconds=600, progressDeadlineSeconds=900))
    client = Client(sim, tmp_path, settle=30)
    target = client.web.steady_when(lambda: None)
    assert client.chaos.steady(target) is target
    status = client.get(f"{DEPLOYMENTS}/web")["status"]
    assert (status["readyReplicas"], status.get("availableReplicas", 0)) == (3, 0)
    client.close()


def test_a_rollout_that_on_delete_holds_back_is_not_waited_for(sim: Simulation, tmp_path: Path) -> None:
    sim.apply(stateful_set(updateStrategy={"type": "OnDelete"}))
    sim.settle()
    client = Client(sim, tmp_path, settle=10**6)
    client.send("PATCH", "/apis/apps/v1/namespaces/default/statefulsets/web", {"spec": RESTARTED})
    with pytest.raises(NotSteadyError, match=r"waiting would not help: pod web-. is of an old template, and OnDelete"):
        client.chaos.steady(client.cluster.statefulset("web"))
    client.close()


DEFAULT = float(next(option.default for option in OPTIONS if option.name == "stable-for"))


def test_a_replacement_that_dies_nine_seconds_after_its_start_is_red_with_the_default_window(client: Client) -> None:
    client.sim.settle()
    client.sim.inject(OutOfMemory(seconds=9), "web", replacements=True)
    target = client.cluster.deployment("web", stable_for=DEFAULT)
    outage = client.chaos.run(kill(1), target, within=30, check=False)
    assert outage.verdict == "not_recovered"
    assert "OOMKilled" in outage.alerts


@pytest.mark.parametrize(("period", "warned"), [(5, True), (1, False)])
def test_a_liveness_probe_that_needs_longer_to_fail_than_the_window_lasts_is_a_warning_and_in_the_result(
    sim: Simulation, tmp_path: Path, period: int, *, warned: bool
) -> None:
    manifest = deployment()
    (container,) = manifest["spec"]["template"]["spec"]["containers"]
    container["livenessProbe"] = {**container["readinessProbe"], "periodSeconds": period, "failureThreshold": 2}
    sim.apply(manifest)
    client = Client(sim, tmp_path)
    expected = pytest.warns(SlowLivenessProbeWarning, match="needs 10 s to fail, .* last for 2 s only")
    with expected if warned else nullcontext():
        outage = client.chaos.run(kill(1), client.web)
    assert (outage.verdict, outage.liveness_fails_after) == ("recovered", 2 * period)
    client.close()
