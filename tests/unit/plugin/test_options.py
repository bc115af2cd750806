"""Options: which source wins, and how a value that cannot be used is refused."""

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from kubechaos.errors import OptionError
from kubechaos.plugin.options import OPTIONS, identity, is_cluster_named, read
from kubechaos.settings import Settings


class Config:
    """The part of pytest's Config that reads our options."""

    invocation_params = SimpleNamespace(dir=Path("/here"))
    rootpath = Path("/root")

    def __init__(self, flags: dict[str, Any] | None = None, ini: dict[str, Any] | None = None, **more: Any) -> None:
        self._flags, self._ini = flags or {}, ini or {}
        vars(self).update(more)

    def getoption(self, key: str) -> Any:
        return self._flags.get(key)

    def getini(self, key: str) -> Any:
        return self._ini.get(key)


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [each for each in os.environ if each.startswith("CHAOS_")]:
        monkeypatch.delenv(name)


def settings(flags: dict[str, Any] | None = None, ini: dict[str, Any] | None = None, **more: Any) -> Settings:
    config = Config(flags, ini, **more)
    return read(config, identity(config))  # type: ignore[arg-type]


def test_the_defaults_are_as_documented() -> None:
    found = settings()
    assert (found.context, found.namespace, found.target) == ("", None, ("Deployment", "timeserver"))
    assert (found.within, found.settle, found.stable_for, found.results) == (60.0, 60.0, 10.0, "chaos-results")


@pytest.mark.parametrize("option", [each for each in OPTIONS if each.name in ("within", "settle", "stable-for")])
def test_the_command_line_beats_the_environment_beats_the_ini_file_beats_the_default(
    option: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    field = option.dest.removeprefix("chaos_")
    flags, ini = {option.dest: "1"}, {option.dest: "3"}
    assert getattr(settings(), field) == float(option.default)
    assert getattr(settings(ini=ini), field) == 3.0
    monkeypatch.setenv(option.dest.upper(), "2")
    assert getattr(settings(ini=ini), field) == 2.0
    assert getattr(settings(flags, ini), field) == 1.0


@pytest.mark.parametrize(
    ("key", "field", "value", "meant"),
    [
        ("chaos_context", "context", "kind", "kind"),
        ("chaos_namespace", "namespace", "shop", "shop"),
        ("chaos_target", "target", "Deployment/web", ("Deployment", "web")),
        ("chaos_target", "target", "deployment/web.v1", ("Deployment", "web.v1")),
        ("chaos_within", "within", "0", 0.0),
        ("chaos_within", "within", "1.5", 1.5),
        ("chaos_stable_for", "stable_for", "1e2", 100.0),
        ("chaos_seed", "seed", "7", "7"),
        ("chaos_results", "results", "out", "out"),
    ],
)
def test_each_option_is_read_from_flag_environment_and_ini_file(
    key: str, field: str, value: str, meant: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert getattr(settings({key: value}), field) == meant
    assert getattr(settings(ini={key: value}), field) == meant
    monkeypatch.setenv(key.upper(), value)
    assert getattr(settings(), field) == meant


@pytest.mark.parametrize("value", ["soon", "-1", "nan", "inf", "-inf", "1,5", "5s", " "])
@pytest.mark.parametrize(
    ("flag", "key"),
    [("within", "chaos_within"), ("settle", "chaos_settle"), ("stable-for", "chaos_stable_for")],
)
def test_an_invalid_number_of_seconds_is_refused_with_its_source(
    flag: str, key: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(OptionError, match=rf"^--chaos-{flag}: {value!r} is no number of seconds"):
        settings({key: value})
    with pytest.raises(OptionError, match=rf"^{key} in the ini file: {value!r}"):
        settings(ini={key: value})
    monkeypatch.setenv(key.upper(), value)
    with pytest.raises(OptionError, match=rf"^{key.upper()}: {value!r}"):
        settings()


@pytest.mark.parametrize("value", ["web", "deployment", "deployment/", "/web", "/", "pod/web", "deployment/a/b"])
def test_an_invalid_target_is_refused_with_its_source_and_the_choices(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(OptionError, match=f"^--chaos-target: '{value}' is no target; write deployment/NAME"):
        settings({"chaos_target": value})
    monkeypatch.setenv("CHAOS_TARGET", value)
    with pytest.raises(OptionError, match=r"^CHAOS_TARGET: "):
        settings()


def test_an_invalid_value_that_is_overridden_is_ignored() -> None:
    assert settings({"chaos_within": "7"}, {"chaos_within": "soon"}).within == 7.0


@pytest.mark.parametrize("name", ["context", "seed"])
def test_an_empty_value_of_the_environment_counts_as_none(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"CHAOS_{name.upper()}", "")
    assert getattr(settings({}, {f"chaos_{name}": "x"}), name) == "x"


def test_an_empty_value_on_the_command_line_leads_to_no_other_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAOS_CONTEXT", "production")
    with pytest.raises(OptionError, match="--chaos-context is empty"):
        settings({"chaos_context": ""})
    with pytest.raises(pytest.UsageError, match="--chaos-context is empty"):
        is_cluster_named(Config({"chaos_context": ""}))  # type: ignore[arg-type]


def test_a_cluster_is_named_by_flag_environment_or_ini_file(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not is_cluster_named(Config())  # type: ignore[arg-type]
    assert is_cluster_named(Config({"chaos_context": "kind"}))  # type: ignore[arg-type]
    assert is_cluster_named(Config(ini={"chaos_context": "kind"}))  # type: ignore[arg-type]
    monkeypatch.setenv("CHAOS_CONTEXT", "kind")
    assert is_cluster_named(Config())  # type: ignore[arg-type]


def test_without_a_seed_each_run_has_another() -> None:
    assert settings().seed != settings().seed


def test_an_xdist_worker_has_the_seed_and_run_id_of_its_controller() -> None:
    found = settings({"chaos_seed": "7"}, workerinput={"kubechaos_seed": "8", "kubechaos_run": "run-1"})
    assert (found.seed, found.run) == ("8", "run-1")


def test_each_run_has_its_own_id_that_begins_with_the_date() -> None:
    first, second = settings(), settings()
    assert first.run != second.run
    assert first.run[:4] == first.started[:4]


@pytest.mark.parametrize("option", OPTIONS)
def test_the_help_of_an_option_names_its_variable_and_ini_key(option: Any) -> None:
    assert option.flag == f"--chaos-{option.name}"
    assert f"{option.variable} in the environment, {option.dest} in the ini file" in option.help_text


def test_paths_of_manifests_are_relative_to_where_they_were_written(monkeypatch: pytest.MonkeyPatch) -> None:
    key = "chaos_manifests"
    assert settings().manifests == ()
    assert settings(ini={key: ["a b.yaml", "k8s"]}).manifests == ("/root/a b.yaml", "/root/k8s")
    monkeypatch.setenv("CHAOS_MANIFESTS", os.pathsep.join(["a.yaml", "/abs/*.yaml"]))
    assert settings(ini={key: ["c"]}).manifests == ("/here/a.yaml", "/abs/*.yaml")
    assert settings({key: ["../a.yaml", "b c"]}, ini={key: ["c"]}).manifests == ("/here/../a.yaml", "/here/b c")


def test_a_path_that_is_empty_on_the_command_line_is_an_error() -> None:
    with pytest.raises(OptionError, match="--chaos-manifests is empty"):
        settings({"chaos_manifests": [""]})
