"""The states of a pod on its node: all of them are reached, and only along the table."""

import pytest

from kubesim.clock import Stepped, Timers
from kubesim.node.pod_states import TRANSITIONS, State, StateMachine, TransitionError
from kubesim.store.kinds import POD
from kubesim.store.objects import Stored
from tests.embedded.lab import Lab
from tests.embedded.shop import IMAGE, deployment

POD_BODY = {"metadata": {"name": "web", "uid": "1"}}


class Machine:
    """A state machine of a pod that can be taken away; `steps` are the times at which it took one."""

    def __init__(self) -> None:
        self.pod: Stored | None = Stored(POD, POD_BODY, 1)
        self.timers = Timers(Stepped())
        self.machine = StateMachine(self.timers, lambda: self.pod)
        self.steps: list[float] = []

    def plan(self, seconds: float) -> None:
        """Plan a step."""
        self.machine.after(seconds, lambda pod: self.steps.append(self.timers.now()))


def test_every_state_has_a_row_and_is_reached_from_the_first() -> None:
    reached, new = {State.BOUND}, {State.BOUND}
    while new:
        new = {after for state in new for after in TRANSITIONS[state]} - reached
        reached |= new
    assert reached == set(State) == set(TRANSITIONS)


def test_every_pod_can_be_gone_and_then_nothing_follows() -> None:
    assert {state for state in State if State.GONE not in TRANSITIONS[state]} == {State.GONE}
    assert TRANSITIONS[State.GONE] == frozenset()


@pytest.mark.parametrize("state", [State.EXITED, State.STOPPED, State.BOUND])
def test_a_state_that_may_not_follow_is_refused(state: State) -> None:
    machine = Machine().machine
    with pytest.raises(TransitionError, match=f"{state.name} may not follow BOUND"):
        machine.enter(state)
    assert machine.state is State.BOUND


def test_a_step_replaces_the_one_that_was_planned_before() -> None:
    machine = Machine()
    machine.plan(1)
    machine.plan(3)
    machine.timers.step(5)
    assert machine.steps == [3]


def test_a_step_of_a_pod_that_is_gone_is_not_taken() -> None:
    machine = Machine()
    machine.plan(1)
    machine.pod = None
    machine.timers.step(5)
    assert machine.steps == []


def test_a_transition_that_is_not_in_the_table_stops_the_cluster(shop: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TRANSITIONS, State.RUNNING, frozenset())
    with pytest.raises(TransitionError):
        shop.delete(shop.pods[0])


def test_every_state_but_the_first_is_entered_by_some_pod(monkeypatch: pytest.MonkeyPatch) -> None:
    entered: set[State] = set()
    enter = StateMachine.enter
    monkeypatch.setattr(StateMachine, "enter", lambda machine, state: entered.add(state) or enter(machine, state))
    lab = Lab()
    lab.inject("crash-loop")
    lab.apply(deployment())
    lab.step(5)
    lab.remove("crash-loop")
    lab.step(30)
    running, other, _ = lab.pods
    container = {**running.spec["containers"][0], "image": "localhost:1/none:9"}
    lab.cluster.registry.patch(running, {"spec": {"containers": [container]}})
    lab.step(20)
    lab.delete(other)
    lab.apply(deployment("broken", replicas=1, image="UPPER/Case::1"))
    lab.step(5)
    lab.delete(next(pod for pod in lab.pods if pod.name.startswith("broken")))
    lab.step(5)
    lab.apply(deployment("initialized", pod={"initContainers": [{"name": "first", "image": IMAGE}]}))
    volume = {"name": "keys", "secret": {"secretName": "none"}}
    lab.apply(deployment("waiting", pod={"volumes": [volume]}))
    lab.step(1)
    assert entered == set(State) - {State.BOUND}
