"""Serving: what the Services of the target send traffic to."""

import pytest

from kubechaos.errors import InconclusiveError
from tests.unit.stories import Story, deployment, endpoints, fold, listings, pod, replica_set

WEB = deployment(replicas=2)
PODS = (pod("a"), pod("b"))


def test_without_a_service_serving_is_none() -> None:
    assert Story().state.health.serving is None


def test_serving_counts_the_active_pods_among_the_ready_endpoints() -> None:
    story = Story(*PODS, endpoints("ab", known="z"))
    assert story.state.health.serving == 2
    story.terminates(1.0, "a")
    assert story.state.health.serving == 1


def test_the_slices_of_one_service_add_up() -> None:
    story = Story(*PODS, endpoints("a"), endpoints("b", uid="web-2"))
    assert story.state.health.serving == 2


def test_of_several_services_the_one_with_the_fewest_ready_endpoints_counts() -> None:
    story = Story(*PODS, endpoints("ab"), endpoints("a", known="b", service="admin"))
    assert story.state.health.serving == 1


def test_a_service_of_other_pods_does_not_count() -> None:
    assert Story(*PODS, endpoints("xyz")).state.health.serving is None


def test_a_slice_of_no_service_is_ignored() -> None:
    assert Story(*PODS, endpoints("ab", service="")).state.health.serving is None


def test_a_slice_that_became_empty_is_zero_serving_and_not_none() -> None:
    story = Story(*PODS, endpoints("ab"))
    story.see(1.0, endpoints(""))
    assert story.state.health.serving == 0


def test_a_slice_that_was_deleted_is_zero_serving_and_not_none() -> None:
    story = Story(*PODS, endpoints("ab"))
    story.gone(1.0, "web-1")
    assert story.state.health.serving == 0


def test_the_order_of_the_listings_does_not_matter() -> None:
    from_both = [fold(*order(listings(replica_set(), *PODS, endpoints("ab"), WEB))) for order in (list, reversed)]
    assert [state.health.serving for state in from_both] == [2, 2]


def test_service_down_is_raised_without_a_ready_endpoint_though_pods_are_ready() -> None:
    story = Story(*PODS, endpoints("ab")).kill("a")
    story.see(1.0, endpoints("", known="ab"))
    story.dies(1.25, "a")
    story.comes(2.5, "d", ready=3.0)
    story.see(4.0, endpoints("bd"))
    outage = story.outage()
    assert (outage.alerts["ServiceDown"].at, outage.alerts["ServiceDown"].severity) == (1.0, "critical")
    assert outage.verdict == "recovered"
    assert outage.phases.added[0].serving == 4.0


def test_service_down_is_not_raised_while_one_endpoint_is_ready() -> None:
    story = Story(*PODS, endpoints("ab")).kill("a")
    story.see(0.25, endpoints("b", known="a"))
    story.dies(0.25, "a")
    story.comes(1.5, "d", ready=2.0)
    assert "ServiceDown" not in story.outage().alerts


def test_service_down_is_not_raised_while_another_workload_behind_the_service_has_a_ready_endpoint() -> None:
    story = Story(*PODS, endpoints("abx")).kill("ab")
    story.see(0.25, endpoints("x", known="ab"))
    story.dies(0.25, "a")
    story.dies(0.25, "b")
    story.comes(1.5, "d", ready=2.0)
    story.comes(1.5, "e", ready=2.0)
    assert "ServiceDown" not in story.outage().alerts


def test_a_pod_that_is_gone_and_still_in_the_slice_is_no_endpoint() -> None:
    story = Story(*PODS, endpoints("ab")).kill("ab")
    story.dies(0.25, "a")
    story.dies(0.25, "b")
    assert "ServiceDown" in [alert.name for alert in story.alarm.alerts]


def test_nobody_can_say_that_the_service_was_not_down_while_its_slices_were_not_watched() -> None:
    story = Story(*PODS, endpoints("ab")).kill("a")
    story.dies(0.25, "a")
    story.comes(1.5, "d", ready=2.0)
    story.gap("EndpointSlice", 0.1, 4.0)
    outage = story.outage()
    assert outage.verdict == "recovered"
    with pytest.raises(InconclusiveError, match=r"ServiceDown: .* not watched from \+0.1 to \+4.0 s"):
        _ = "ServiceDown" in outage.alerts
    assert "CrashLoopBackOff" not in outage.alerts


def test_without_a_service_service_down_means_that_no_pod_is_ready() -> None:
    story = Story(*PODS).kill("ab")
    story.terminates(0.25, "a")
    assert "ServiceDown" not in [alert.name for alert in story.alarm.alerts]
    story.terminates(0.5, "b")
    assert story.alarm.alerts[-1].name == "ServiceDown"
    assert story.alarm.alerts[-1].at == 0.5


def test_an_empty_service_before_the_kill_is_no_alert_of_the_kill() -> None:
    story = Story(*PODS, endpoints("", known="ab"))
    assert story.alarm.alerts == ()


def test_a_pod_that_was_there_before_has_no_serving_time() -> None:
    story = Story(*PODS, endpoints("a", known="b")).kill("a")
    story.see(0.25, endpoints("ab"))
    assert story.state.histories["b"].serving is None


def test_a_slice_that_is_seen_before_its_pod_counts_once_the_pod_is_seen() -> None:
    story = Story(*PODS)
    story.see(1.0, endpoints("d"))
    assert story.state.health.serving is None
    story.see(2.0, pod("d"))
    assert story.state.health.serving == 1


def test_a_slice_that_is_seen_before_its_pod_is_adopted_counts_once_it_is() -> None:
    story = Story(*PODS, pod("d", owner="", owner_kind=""), endpoints("d"))
    assert story.state.health.serving is None
    story.change(1.0, "d", owner="rs", owner_kind="ReplicaSet")
    assert story.state.health.serving == 1


def test_a_slice_that_is_seen_before_its_replica_set_counts_once_the_replica_set_is_seen() -> None:
    story = Story(*PODS, pod("d", owner="rs-2"), endpoints("d"))
    assert story.state.health.serving is None
    story.see(1.0, replica_set("rs-2", revision=2))
    assert story.state.health.serving == 1


def test_a_slice_that_moves_to_another_service_no_longer_counts() -> None:
    story = Story(*PODS, endpoints("ab"))
    story.see(1.0, endpoints("xyz", service="other", uid="web-1"))
    assert story.state.health.serving == 0


def test_slices_and_events_of_neighbours_change_nothing_but_the_time() -> None:
    story = Story(*PODS, endpoints("ab")).kill("a")
    before = story.state
    story.see(1.0, endpoints("xyz", service="other"))
    story.event(2.0, "Pulling", "an image", "z")
    now = story.state
    assert (now.health, now.stable_since, now.histories) == (before.health, before.stable_since, before.histories)
    assert (now.at, now.affected, now.target.backends) == (before.at + 2.0, (), before.target.backends)
    assert now.experiment.ready_seconds == before.experiment.ready_seconds + 2.0
