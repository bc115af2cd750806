"""Failures that are injected, and removed again."""

import re
from collections.abc import Callable
from inspect import signature
from pathlib import Path

import pytest

from kubechaos.faults.pods import kill
from kubesim import Simulation
from kubesim.failures import (
    BY_NAME,
    ClusterFailure,
    CrashLoop,
    Failure,
    Flapping,
    Forbidden,
    NeverReady,
    PodFailure,
    Quota,
    SlowReady,
    named,
)
from kubesim.store.kinds import REPLICA_SET
from tests.embedded.client import Client
from tests.embedded.lab import Lab
from tests.embedded.shop import IMAGE, deployment, service


@pytest.mark.parametrize(
    "name",
    [
        "never-ready",
        "flapping",
        "crash-loop",
        "oom",
        "image-pull",
        "unschedulable",
        "quota",
        "controller-silent",
        "scheduler-silent",
    ],
)
def test_a_workload_comes_up_once_its_failure_is_removed(lab: Lab, name: str) -> None:
    lab.inject(name)
    lab.apply(service(), deployment())
    lab.step(100)
    assert not lab.cluster.settled or name == "flapping"
    lab.remove(name)
    lab.step(400)
    assert lab.ready == 3
    assert lab.cluster.settled
    assert len(lab.endpoints) == 3


@pytest.mark.parametrize("name", ["never-ready", "flapping", "crash-loop", "oom"])
def test_running_pods_fail_and_recover(shop: Lab, name: str) -> None:
    shop.inject(name)
    shop.step(6)
    assert shop.ready < 3 or name == "flapping"
    assert any(each[0] in ("Unhealthy", "BackOff") for each in shop.events())
    shop.remove(name)
    shop.step(60)
    assert shop.ready == 3


def test_a_pod_that_was_stuck_goes(shop: Lab) -> None:
    shop.inject("stuck-finalizer")
    victim = shop.pods[0]
    shop.delete(victim)
    shop.step(10)
    assert shop.states(victim.name)[-1] == "Succeeded scheduled Completed deleting(0)"
    shop.remove("stuck-finalizer")
    shop.step(1)
    assert shop.states(victim.name)[-1] == "DELETED"


def test_only_the_named_workload_fails(lab: Lab) -> None:
    lab.inject("never-ready", "web")
    lab.apply(deployment(), deployment("other"))
    lab.step(5)
    assert {pod.labels["app"] for pod in lab.pods if lab.states(pod.name)[-1].find("Ready") >= 0} == {"other"}


def test_pods_can_be_named_by_a_selector(lab: Lab) -> None:
    lab.inject("never-ready", selector="app notin (other)")
    lab.apply(deployment(), deployment("other"))
    lab.step(5)
    assert lab.ready == 3


def test_only_replacements_fail_if_so_asked(shop: Lab) -> None:
    shop.inject("never-ready", "web", replacements=True)
    shop.step(5)
    assert shop.ready == 3
    shop.delete(shop.pods[0])
    shop.step(5)
    assert (len(shop.active), shop.ready) == (3, 2)


def test_a_deployment_made_again_under_its_name_waits_for_what_the_old_one_left(shop: Lab) -> None:
    shop.cluster.store.remove(shop.deployment)
    shop.apply(deployment())
    shop.step(10)
    assert shop.ready == 3
    assert len(shop.all(REPLICA_SET)) == 1


SURVIVED = "Survived by default"
README = (Path(__file__).parents[3] / "README.md").read_text()


def shown(failure: type[Failure]) -> str:
    """Return how the README shows a failure: its class with its parameters and their defaults."""
    parameters = ", ".join(f"{each.name}={each.default!r}" for each in signature(failure).parameters.values())
    return f"{failure.__name__}({parameters})".replace("'", '"')


def test_the_readme_lists_every_failure_with_its_parameters() -> None:
    listed = re.findall(r"^\| `([a-z-]+)` \| `(\w+\(.*?\))` \| \w", README, re.MULTILINE)
    assert listed == [(name, shown(failure)) for name, failure in BY_NAME.items()]


def test_the_readme_and_the_code_say_of_the_same_failures_that_they_are_survived() -> None:
    listed = re.findall(r"^\| `([a-z-]+)` \| `\w+\(.*?\)` \| .*; survived by default \|$", README, re.MULTILINE)
    assert listed == [name for name, failure in BY_NAME.items() if SURVIVED in str(failure.__doc__)]


@pytest.mark.parametrize("name", [name for name in BY_NAME if name != "forbidden"])
def test_a_kill_is_survived_by_default_where_that_is_said(client: Client, name: str) -> None:
    # A workload that every failure can happen to.
    alive = {"name": "mesh", "image": IMAGE, "livenessProbe": {"periodSeconds": 1, "failureThreshold": 1}}
    sidecar = {**alive, "restartPolicy": "Always"}
    client.sim.apply(deployment("full", pod={"initContainers": [{"name": "first", "image": IMAGE}, sidecar]}))
    client.sim.settle()
    full = client.cluster.deployment("full", stable_for=10)
    client.chaos.steady(full)
    cluster_wide = issubclass(BY_NAME[name], ClusterFailure)
    client.sim.inject(name, "" if cluster_wide else "full", replacements=issubclass(BY_NAME[name], PodFailure))
    if name in ("ignores-sigterm", "stuck-finalizer"):
        client.sim.inject(name, "full")
    outage = client.chaos.run(kill(1), full, within=20, check=False)
    assert (outage.verdict == "recovered") is (SURVIVED in str(BY_NAME[name].__doc__)), outage.cause


def test_a_failure_has_only_its_own_parameters() -> None:
    with pytest.raises(TypeError, match="Quota has no parameter 'exit_code'; there are: none"):
        Quota(exit_code=3)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="CrashLoop has no parameter 'seconds'; there are: exit_code"):
        CrashLoop(seconds=3)  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: SlowReady(seconds=-1), "SlowReady: seconds is -1, which is no number of seconds"),
        (lambda: SlowReady(seconds="5"), "SlowReady: seconds is '5', which is no number of seconds"),  # type: ignore[arg-type]
        (lambda: Flapping(seconds=0), "Flapping: seconds is 0, so it would never pass"),
        (lambda: Forbidden(verb="kill"), "Forbidden: no verb 'kill'; there are: get, list, watch, create, update"),
        (lambda: Forbidden(resource="pod"), "Forbidden: no resource 'pod'; there are: .*pods"),
    ],
)
def test_a_parameter_that_cannot_be_meant_is_an_error_that_says_why(make: Callable[[], Failure], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        make()


def test_a_resource_may_have_a_subresource() -> None:
    assert Forbidden(verb="create", resource="pods/eviction").forbids("create", "pods/eviction")


def test_a_class_is_no_failure(sim: Simulation) -> None:
    with pytest.raises(TypeError, match=r"NeverReady'> is no failure: write its name"):
        sim.inject(NeverReady)  # type: ignore[arg-type]


def test_a_name_stands_for_the_failure_with_its_default_parameters() -> None:
    assert named("slow-ready") == SlowReady(seconds=2.0)
    with pytest.raises(ValueError, match=r"no failure 'flu'; there are: blocking-budget, .*, unschedulable"):
        named("flu")


def test_every_failure_says_what_a_user_sees() -> None:
    assert [name for name, failure in BY_NAME.items() if not (failure.__doc__ or "").rstrip().endswith(".")] == []


def test_a_failure_with_parameters_replaces_an_earlier_one_of_its_class(lab: Lab) -> None:
    lab.inject("slow-ready")
    lab.inject(SlowReady(seconds=30))
    lab.apply(deployment())
    lab.step(20)
    assert lab.ready == 0
    lab.step(15)
    assert lab.ready == 3
