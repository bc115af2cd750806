"""Several signals in a row, on the embedded cluster: what is changed is put back, or it is said that it is not."""

import pytest

from tests.plugin.conftest import Run, Runner

USUAL = ("--chaos-settle=60", "--chaos-within=60", "--chaos-stable-for=10", "--tb=short")
SCALE = """
    import os, signal, time
    from kubechaos import scale

    def test_it(chaos, healthy_deployment):
        with chaos.inject(scale(1), healthy_deployment):
            os.kill(os.getpid(), signal.{name})
            time.sleep(60)
"""
REFUSED = """
    import os, signal
    from types import SimpleNamespace
    from kubechaos.act import heal
    from kubechaos.errors import ApiError

    def refuse(*args):
        {then}
        raise ApiError("the API server is overloaded", status=503)

    heal.mutate = SimpleNamespace(send=refuse)
"""
ACCEPTED = """
    import os, signal
    from kubechaos.api import mutate
    from types import SimpleNamespace
    from kubechaos.act import heal

    signals = [signal.{name}]

    def accept(*args):
        # A conflict with a status that was written meanwhile brings it here again.
        while signals:
            os.kill(os.getpid(), signals.pop())
        return mutate.send(*args)

    heal.mutate = SimpleNamespace(send=accept)
"""
LATER = """
    def pytest_runtest_logreport(report):
        if report.when != "setup":
            os.kill(os.getpid(), signal.{name})

    def pytest_sessionfinish():
        os.kill(os.getpid(), signal.{name})

    def pytest_terminal_summary():
        os.kill(os.getpid(), signal.{name})

    def pytest_unconfigure():
        for _ in range(5):
            os.kill(os.getpid(), signal.{name})
"""
LEFT = """
    from kubechaos import scale
    kept = []

    def test_it(chaos, healthy_deployment):
        kept.append(chaos.inject(scale(1), healthy_deployment))
        kept[0].__enter__()
"""
AFTER = """
    import os, signal

    def pytest_runtest_logreport(report):
        if report.when == "{phase}":
            os.kill(os.getpid(), signal.{name})
"""
BACK = "put it back: kubectl scale deployment/timeserver -n default --replicas=3"


@pytest.fixture
def embedded(run: Runner) -> Runner:
    """Runs tests on the embedded cluster."""
    return run


def is_said(result: Run) -> None:
    """Assert that a cluster that is left changed is said to be, in the last lines too, and by the exit code."""
    assert (result.code, result.gate) == (10, "fail"), result.out[-3000:]
    assert result.verdicts == {"test_it": "not_healed"}
    advice, last = result.out.rstrip().splitlines()[-2:]
    assert advice.startswith("kubechaos: the cluster was not healed: ")
    assert BACK in advice
    assert last.startswith("kubechaos: gate fail: 1 not_healed")


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
@pytest.mark.parametrize("later", ["", LATER], ids=["during the heals", "and after them"])
def test_any_number_of_signals_while_the_heal_is_refused_leaves_the_advice(
    embedded: Runner, name: str, later: str
) -> None:
    at_each_try = REFUSED.format(then=f"os.kill(os.getpid(), signal.{name})")
    embedded.pytester.makeconftest(at_each_try + later.format(name=name))
    is_said(embedded(SCALE.format(name=name), *USUAL, context="embedded", process=True))


def is_put_back(result: Run) -> None:
    """Assert that the test was interrupted, and what it has changed was put back."""
    assert (result.code, result.gate, result.verdicts) == (2, "incomplete", {"test_it": "interrupted"})
    (events,) = result.folder.glob("chaos-results/*/*/events.ndjson")
    assert '"outcome":"done"' in events.read_text()


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_second_signal_does_not_disturb_the_heal(embedded: Runner, name: str) -> None:
    embedded.pytester.makeconftest(ACCEPTED.format(name=name))
    is_put_back(embedded(SCALE.format(name=name), *USUAL, context="embedded", process=True))


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_what_a_test_has_left_changed_is_put_back_also_after_a_signal_between_its_phases(
    embedded: Runner, name: str
) -> None:
    embedded.pytester.makeconftest(AFTER.format(phase="call", name=name))
    is_put_back(embedded(LEFT, *USUAL, context="embedded", process=True))


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_no_test_function_begins_after_a_signal_that_came_at_the_end_of_the_setup(embedded: Runner, name: str) -> None:
    embedded.pytester.makeconftest(AFTER.format(phase="setup", name=name))
    result = embedded(LEFT, *USUAL, context="embedded", process=True)
    assert (result.code, result.gate, result.verdicts) == (2, "incomplete", {"test_it": "interrupted"})
    assert result.outcomes == {"test_it": "failed"}
    assert "INTERNALERROR" not in result.out
    assert "ChaosStarted" not in result.out


def test_and_where_it_cannot_be_put_back_then_that_is_said(embedded: Runner) -> None:
    at_once = REFUSED.format(then="pass") + "    heal.DEADLINE = 0\n"
    embedded.pytester.makeconftest(at_once + AFTER.format(phase="call", name="SIGTERM"))
    is_said(embedded(LEFT, *USUAL, context="embedded", process=True))


SLOW_FIXTURE = """
    @pytest.fixture
    def slow(healthy_deployment):
        yield
        threading.Thread(target=send, args=(3,), daemon=True).start()
        time.sleep(60)

    def test_it(chaos, slow, healthy_deployment):
        kept.append(chaos.inject(scale(1), healthy_deployment))
        kept[0].__enter__()
"""


def test_the_third_signal_ends_a_fixture_that_hangs_and_what_the_test_has_left_changed_is_put_back(
    embedded: Runner,
) -> None:
    code = """
    import os, pytest, signal, threading, time
    from kubechaos import scale
    kept = []

    def send(count):
        for _ in range(count):
            time.sleep(0.1)
            os.kill(os.getpid(), signal.SIGTERM)
    """
    is_put_back(embedded(code + SLOW_FIXTURE, *USUAL, context="embedded", process=True))
