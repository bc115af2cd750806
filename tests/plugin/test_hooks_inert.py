"""Installed, the plugin costs nothing until there is a chaos test and a cluster to hurt."""

import json

import pytest

from tests.plugin.conftest import INI, KILL, Runner

ORDINARY = """
    import json, os, sys, threading

    def test_ordinary():
        ours = ("kubechaos.run", "kubechaos.plugin.session", "kubechaos.api", "kubesim")
        heavy = ("kubernetes", "urllib3", "msgspec", "aiohttp", *ours)
        loaded = [name for name in sys.modules if name.startswith(heavy)]
        print("FOUND", json.dumps([loaded, [t.name for t in threading.enumerate()], sorted(os.listdir("."))]))
"""


def found(out: str) -> list[list[str]]:
    """What the ordinary test found."""
    line = next(line for line in out.splitlines() if "FOUND " in line)
    seen: list[list[str]] = json.loads(line.partition("FOUND ")[2])
    return seen


@pytest.mark.parametrize("named", [[], ["--chaos-context=typo", "--chaos-within=nan"]], ids=["unnamed", "named"])
def test_an_ordinary_test_loads_no_client_starts_no_thread_and_writes_no_file(
    pytester: pytest.Pytester, named: list[str]
) -> None:
    pytester.makepyfile(test_it=ORDINARY)
    result = pytester.runpytest_subprocess(
        "-s", "-p", "no:cacheprovider", "-p", "no:hypothesispytest", "-p", "no:rerunfailures", *named
    )
    loaded, threads, files = found(result.stdout.str())
    assert (loaded, threads) == ([], ["MainThread"])
    assert [name for name in files if not name.startswith("runpytest")] == ["stderr", "stdout", "test_it.py"]
    assert "kubechaos: " not in result.stdout.str()
    assert result.ret == 0


def test_deselected_chaos_tests_load_no_client_either(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_it=ORDINARY + KILL.replace("from kubechaos import kill", ""))
    result = pytester.runpytest_subprocess("-s", "-p", "no:cacheprovider", "-p", "no:hypothesispytest")
    assert found(result.stdout.str())[0] == []
    assert result.ret == 0


def test_importing_kubechaos_loads_neither_client_nor_decoder(pytester: pytest.Pytester) -> None:
    code = "import sys, kubechaos; print([m for m in sys.modules if m.startswith(('kubernetes', 'msgspec', 'pytest'))])"
    assert pytester.runpython_c(code).outlines == ["[]"]


def test_a_public_name_that_does_not_exist_is_named_in_the_error(pytester: pytest.Pytester) -> None:
    result = pytester.runpython_c("import kubechaos; kubechaos.kil")
    assert "module 'kubechaos' has no attribute 'kil'" in result.stderr.str()


def test_help_shows_every_option_once_with_its_twins(run: Runner) -> None:
    out = run("", "--help", context="").out
    options, _, ini = out.partition("\n[pytest] ")
    for name in ("context", "namespace", "target", "within", "settle", "stable-for", "seed", "results"):
        key = f"chaos_{name.replace('-', '_')}"
        assert options.count(f"--chaos-{name}=") + options.count(f"--chaos-{name} ") == 1, name
        assert key.upper() in options, name
        assert ini.count(f"\n  {key} (string)") == 1, name


def test_the_marker_is_registered(run: Runner) -> None:
    assert "@pytest.mark.kubechaos: a test that hurts the cluster" in run("", "--markers", context="").out


def test_the_fixtures_are_documented_and_their_private_twins_are_not(run: Runner) -> None:
    out = run("", "--fixtures", context="").out
    for name in ("healthy_deployment", "chaos", "cluster [session scope]", "alert_rules"):
        assert f"\n{name} -- " in out
    assert "The workload that --chaos-target names, found steady." in out
    assert "_kubechaos" not in out


def test_without_the_plugin_chaos_tests_have_no_fixtures_and_others_run(pytester: pytest.Pytester) -> None:
    pytester.makefile(".ini", pytest=INI)
    pytester.makepyfile(test_it=KILL + "\n    def test_plain(): pass")
    result = pytester.runpytest_inprocess("-p", "no:kubechaos")
    result.assert_outcomes(passed=1, errors=1)
    assert "fixture 'chaos' not found" in result.stdout.str()
