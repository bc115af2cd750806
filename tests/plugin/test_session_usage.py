"""Which cluster, and what a wrong option or kubeconfig costs: one line and exit code 4, before anything is touched."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.plugin.conftest import KILL, Runner
from tests.plugin.tiny import Tiny, kubeconfig

PLAIN = """
    def test_plain():
        pass
"""


def error(result: Any) -> str:
    """The one line that pytest prints of a usage error."""
    (line,) = [line for line in result.out.splitlines() if line.startswith("ERROR: ")]
    return str(line)


def test_an_unknown_context_lists_the_known_ones(run: Runner, tiny: Tiny) -> None:
    result = run(KILL, context="typo")
    assert result.code == 4
    assert error(result) == (
        f"ERROR: kubechaos: no context 'typo' in the kubeconfig {tiny.kubeconfig}; there are: other, tiny"
    )
    assert tiny.server.requests == []


@pytest.mark.parametrize("workers", [("-n1",), ("-n2",), ("--dist=each", "--tx=2*popen")])
def test_an_unknown_context_is_one_line_under_xdist_too(run: Runner, tiny: Tiny, workers: tuple[str, ...]) -> None:
    result = run(KILL, *workers, context="typo", process=True)
    assert result.code == 4
    assert error(result) == (
        f"ERROR: kubechaos: no context 'typo' in the kubeconfig {tiny.kubeconfig}; there are: other, tiny"
    )
    assert "INTERNALERROR" not in result.out
    assert "Traceback" not in result.out
    assert tiny.server.requests == []


def test_a_wrong_option_is_one_line_under_xdist_too(run: Runner) -> None:
    result = run(KILL, "-n1", "--chaos-within=nan", process=True)
    assert (result.code, "--chaos-within: 'nan' is no number" in error(result)) == (4, True)


def test_a_missing_kubeconfig_is_one_line(run: Runner, tmp_path: Path) -> None:
    run.use(tmp_path / "none")
    result = run(KILL)
    assert result.code == 4
    assert f"kubeconfig {tmp_path / 'none'} cannot be read" in error(result)
    assert "set KUBECONFIG" in error(result)


@pytest.mark.parametrize("text", ["", "{", "[]", "just words", "contexts: null", "contexts: [{}]", "contexts: 3", "\0"])
def test_a_malformed_kubeconfig_is_one_line(run: Runner, tmp_path: Path, text: str) -> None:
    (tmp_path / "bad").write_text(text)
    run.use(tmp_path / "bad")
    result = run(KILL)
    assert result.code == 4
    assert str(tmp_path / "bad") in error(result)


@pytest.mark.parametrize("left", [[], [{"name": "others", "cluster": {"server": "https://x"}}]], ids=["none", "others"])
def test_a_kubeconfig_without_the_contexts_cluster_is_one_line(run: Runner, tiny: Tiny, left: list[Any]) -> None:
    tiny.kubeconfig.write_text(json.dumps({**kubeconfig(tiny.server.url), "clusters": left}))
    result = run(KILL)
    assert result.code == 4
    assert f"kubeconfig {tiny.kubeconfig}" in error(result)
    assert tiny.server.requests == []


def test_in_cluster_outside_a_cluster_is_one_line(run: Runner) -> None:
    result = run(KILL, context="in-cluster")
    assert result.code == 4
    assert "--chaos-context in-cluster: this is not a pod with a service account" in error(result)


@pytest.mark.parametrize("arguments", [["--chaos-target=x"], ["--chaos-within=nan"], ["--chaos-context=typo"]])
def test_nothing_wrong_matters_where_no_chaos_test_remains(run: Runner, arguments: list[str]) -> None:
    assert run(PLAIN, *arguments).code == 0
    assert run(KILL + PLAIN, *arguments, "-m", "not kubechaos").code == 0


def test_without_a_named_cluster_chaos_tests_are_deselected_with_one_line_and_nothing_else_is_red(
    run: Runner, tiny: Tiny
) -> None:
    result = run(KILL, context="")
    line = "kubechaos: 1 chaos tests not selected: no cluster is named; name one with --chaos-context NAME"
    assert result.out.count("kubechaos: ") == 1
    assert line in result.out
    assert (result.code, tiny.server.requests) == (5, [])


def test_without_a_named_cluster_other_tests_run(run: Runner) -> None:
    result = run(KILL + PLAIN, context="")
    assert (result.code, result.outcomes) == (0, {"test_plain": "passed"})
    assert "1 passed, 1 deselected" in result.out
    assert "chaos" not in result.json


def test_a_cluster_can_be_named_in_the_environment(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAOS_CONTEXT", "tiny")
    assert "on context tiny" in run(KILL, "--co", context="").out


def test_a_cluster_can_be_named_in_the_ini_file_which_the_environment_and_the_flag_precede(
    run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    ini = ("-o", "chaos_context=tiny", "--co")
    assert "on context tiny" in run(KILL, *ini, context="").out
    monkeypatch.setenv("CHAOS_CONTEXT", "other")
    assert "on context other" in run(KILL, *ini, context="").out
    assert "on context tiny" in run(KILL, *ini, context="tiny").out


@pytest.mark.parametrize("selection", [["-m", "not kubechaos"], ["-k", "plain"]])
def test_chaos_tests_that_were_not_asked_for_are_not_spoken_of(run: Runner, selection: list[str]) -> None:
    result = run(KILL + PLAIN, *selection, context="")
    assert result.code == 0
    assert "kubechaos: " not in result.out


def test_a_namespace_option_precedes_the_namespace_of_the_context(run: Runner) -> None:
    assert "namespace shop" in run(KILL, "--co").out
    assert "namespace till" in run(KILL, "--co", "--chaos-namespace=till").out
