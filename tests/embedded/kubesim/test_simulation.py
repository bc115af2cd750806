"""Starting, settling and stopping; what is left behind, and what is refused."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from kubesim import ManifestError, Real, Scaled, Simulation, Stepped
from kubesim.store.kinds import POD
from tests.embedded.shop import deployment, service

EXAMPLE = Path(__file__).parents[3] / "examples/timeserver.yaml"


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "kubechaos-sim"]


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_it_starts_with_what_the_manifests_say() -> None:
    with Simulation([EXAMPLE]) as sim:
        sim.settle()
        assert sim.inside(lambda cluster: cluster.settled)


def test_its_kubeconfig_is_for_its_owner_only_and_in_a_folder_of_its_own(sim: Simulation) -> None:
    assert sim.kubeconfig.stat().st_mode & 0o777 == 0o600
    assert sim.kubeconfig.parent.stat().st_mode & 0o777 == 0o700
    assert "current-context: embedded" in sim.kubeconfig.read_text()


def test_stopping_leaves_nothing_behind_and_can_be_done_twice() -> None:
    before = open_files()
    sim = Simulation([EXAMPLE]).start()
    folder = sim.kubeconfig.parent
    assert threads()
    sim.stop()
    sim.stop()
    assert not folder.exists()
    assert not threads()
    assert open_files() == before


def test_importing_it_loads_nothing() -> None:
    code = "import sys, kubesim; print([m for m in ('aiohttp', 'msgspec', 'yaml', 'asyncio') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "kind: ReplicationController\napiVersion: v1\n",
            "document 1, ReplicationController: kind: ReplicationController of v1: its pods are not simulated; write a",
        ),
        ("kind: Service\napiVersion: v1\nmetadata: {name: web}\n---\n[]\n", "document 2: it is no object"),
        ("{", "expected"),
    ],
)
def test_a_manifest_that_is_not_supported_is_an_error(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "web.yaml"
    file.write_text(text)
    with pytest.raises(ManifestError) as caught:
        Simulation([file]).start()
    assert str(file) in str(caught.value)
    assert said in str(caught.value)
    assert not threads()


@pytest.mark.parametrize(
    ("pod", "field"),
    [
        ({"volumes": [{"name": "x", "magic": {"path": "/"}}]}, "spec.template.spec.volumes[0].magic"),
        ({"overhead": {"cpu": "1"}}, "spec.template.spec.overhead"),
        ({"readinessGates": [{"conditionType": "x"}]}, "spec.template.spec.readinessGates"),
        (
            {"containers": [{"name": "web", "image": "x", "restartPolicyRules": [{"action": "Restart"}]}]},
            "spec.template.spec.containers[0].restartPolicyRules",
        ),
    ],
)
def test_a_field_that_is_not_supported_is_named(sim: Simulation, pod: dict[str, object], field: str) -> None:
    with pytest.raises(ManifestError) as caught:
        sim.apply(deployment(pod=pod))
    assert f"{field}: Forbidden: the simulated cluster does not support this field" in str(caught.value)


def test_settling_that_takes_too_long_says_what_is_waited_for(sim: Simulation) -> None:
    sim.inject("never-ready")
    sim.apply(deployment())
    with pytest.raises(TimeoutError, match=r"not settled within 3 s: deployment/web, pod/web-"):
        sim.settle(3)


def test_a_change_is_settled_once_it_is_rolled_out(sim: Simulation) -> None:
    sim.apply(deployment())
    sim.settle()
    sim.apply(deployment(replicas=5))
    sim.settle()
    assert len(sim.inside(lambda cluster: list(cluster.store.all(POD)))) == 5


def test_a_clock_can_be_real_scaled_or_stepped() -> None:
    assert Real().wall(3) == 3
    assert Scaled(10).wall(3) == pytest.approx(0.3)
    with Simulation(clock=Stepped()) as sim:
        sim.apply(service())
        sim.apply(deployment())
        assert not sim.inside(lambda cluster: cluster.settled)
        sim.step(3)
        assert sim.clock.now() == 3
        assert sim.inside(lambda cluster: cluster.settled)


def test_only_a_stepped_clock_can_be_stepped(sim: Simulation) -> None:
    with pytest.raises(TypeError, match="a scaled clock goes by itself"):
        sim.step(1)


def test_a_simulation_that_is_not_running_says_so() -> None:
    sim = Simulation()
    with pytest.raises(RuntimeError, match="the simulation is not running"):
        sim.remove("quota")
    with pytest.raises(RuntimeError, match="has not been started"):
        assert sim.kubeconfig


def test_what_a_controller_raises_is_raised_when_it_is_stopped() -> None:
    sim = Simulation().start()

    def break_down() -> None:
        raise ZeroDivisionError

    sim.inside(lambda cluster: cluster.timers.after(0, break_down))
    threading.Event().wait(0.05)
    with pytest.raises(ZeroDivisionError):
        sim.stop()
    assert not threads()
