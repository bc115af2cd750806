"""Which tests are chaos tests, and what they are called."""

import pytest

from tests.plugin.conftest import KILL, Runner

MANY = """
    import pytest
    from kubechaos import kill, newest, oldest

    @pytest.fixture
    def shop(healthy_deployment):
        return healthy_deployment

    @pytest.fixture
    def client(cluster):
        return cluster.client

    def test_chaos(chaos): pass
    def test_deployment(healthy_deployment): pass
    def test_cluster(cluster): pass
    def test_through_a_fixture(shop): pass
    def test_through_a_session_fixture(client): pass

    @pytest.mark.usefixtures("chaos")
    def test_by_usefixtures(): pass

    @pytest.mark.kubechaos
    def test_by_hand(): pass

    def test_plain(): pass
    def test_rules(alert_rules): pass
"""


def collected(run: Runner, code: str, *arguments: str) -> list[str]:
    """The names of the collected tests."""
    return [line.partition("::")[2] for line in run(code, "--co", "-q", *arguments).out.splitlines() if "::" in line]


def test_a_test_is_a_chaos_test_if_it_uses_the_cluster_however_indirectly(run: Runner) -> None:
    assert collected(run, MANY, "-m", "not kubechaos") == ["test_plain", "test_rules"]
    assert len(collected(run, MANY, "-m", "kubechaos")) == 7


def test_the_header_counts_the_selected_chaos_tests_only(run: Runner) -> None:
    result = run(MANY, "--co", "-k", "fixture or plain", "--chaos-within=60", "--chaos-settle=60")
    assert "kubechaos: 3 chaos tests on context tiny" in result.out
    assert "about 6 min at one fault a test" in result.out


def test_the_controller_of_xdist_prints_the_header_once(run: Runner) -> None:
    result = run(KILL + "\n    test_that = test_it", "-n2", process=True)
    assert result.out.count("kubechaos: 2 chaos tests on context tiny") == 1


def test_the_ids_of_faults_carry_their_arguments(run: Runner) -> None:
    code = """
        import pytest
        from kubechaos import kill, newest, oldest

        FAULTS = [kill(1), kill("50%"), kill("all"), kill(oldest), kill(newest), kill(2, force=True)]

        @pytest.mark.parametrize("fault", FAULTS)
        def test_it(chaos, fault): pass
    """
    names = ("1", "50%", "all", "oldest", "newest", "2, force=True")
    assert collected(run, code) == [f"test_it[kill({name})]" for name in names]


def test_the_ids_of_other_parameters_are_left_alone(run: Runner) -> None:
    code = """
        import pytest

        @pytest.mark.parametrize("value", [1, "text", None, object()])
        def test_it(value): pass
    """
    assert collected(run, code) == ["test_it[1]", "test_it[text]", "test_it[None]", "test_it[value3]"]


def test_a_fault_can_be_chosen_by_its_id(run: Runner) -> None:
    code = """
        import pytest
        from kubechaos import kill

        @pytest.mark.parametrize("fault", [kill(1), kill("50%")])
        def test_it(chaos, fault): pass
    """
    assert collected(run, code, "-k", "50") == ["test_it[kill(50%)]"]


def test_a_users_own_cluster_fixture_does_not_hijack_ours(run: Runner) -> None:
    code = """
        import pytest
        from kubechaos import kill

        @pytest.fixture
        def cluster():
            return "mine"

        def test_it(chaos, healthy_deployment, cluster):
            assert cluster == "mine"
            chaos.run(kill(1), healthy_deployment)
    """
    result = run(code)
    assert (result.code, result.verdicts) == (0, {"test_it": "recovered"})


def test_a_users_own_alert_rule_is_raised_and_logged(run: Runner) -> None:
    code = """
        import pytest
        from kubechaos import AlertRule, kill

        @pytest.fixture
        def alert_rules(alert_rules):
            return [*alert_rules, AlertRule("OneShort", when=lambda moment: moment.ready < moment.wanted)]

        def test_it(chaos, healthy_deployment, caplog):
            outage = chaos.run(kill(1), healthy_deployment)
            assert "OneShort" in outage.alerts
            assert {record.name for record in caplog.records} == {"kubechaos"}
            assert any("OneShort" in message for message in caplog.messages)
    """
    assert run(code).code == 0


OWN_MARKER = """
    import pytest

    @pytest.mark.chaos
    def test_our_retries_under_packet_loss(): pass

    def test_other(): pass
"""


@pytest.mark.parametrize("context", ["", "tiny"], ids=["unnamed", "named"])
def test_a_projects_own_marker_chaos_is_its_own(run: Runner, context: str) -> None:
    result = run(OWN_MARKER, "-o", "markers=chaos: a marker of the project", context=context)
    assert (result.code, set(result.outcomes.values())) == (0, {"passed"})
    assert "kubechaos: " not in result.out
    assert "deselected" not in result.out
    assert collected(run, OWN_MARKER, "-o", "markers=chaos: a marker of the project", "-m", "kubechaos") == []


TAKES_OUT_LATER = """
    import pytest

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(config, items):
        '''What pytest-split does: keep this shard's share.'''
        kept = {kept}
        config.hook.pytest_deselected(items=[item for item in items if item.name not in kept])
        items[:] = [item for item in items if item.name in kept]
"""
TWO = """
    from kubechaos import kill

    def test_a(chaos, healthy_deployment):
        chaos.run(kill(1), healthy_deployment)

    def test_b(chaos, healthy_deployment):
        chaos.run(kill(1), healthy_deployment)

    def test_plain(): pass
"""


@pytest.mark.parametrize("args", [(), ("-n1",)], ids=["alone", "xdist"])
def test_tests_that_a_later_plugin_takes_out_were_not_selected(run: Runner, args: tuple[str, ...]) -> None:
    run.pytester.makeconftest(TAKES_OUT_LATER.format(kept=["test_b"]))
    result = run(TWO, *args, process=bool(args))
    assert (result.code, result.gate, result.outcomes) == (0, "pass", {"test_b": "passed"})


def test_a_shard_without_a_chaos_test_does_not_even_read_the_kubeconfig(run: Runner) -> None:
    run.pytester.makeconftest(TAKES_OUT_LATER.format(kept=["test_plain"]))
    result = run(TWO, context="typo")
    assert (result.code, result.outcomes) == (0, {"test_plain": "passed"})
    assert "kubechaos: " not in result.out
