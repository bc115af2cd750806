"""Flags, their ini and environment twins, and the one function that reads them into Settings."""

import os
from datetime import UTC, datetime
from math import isfinite
from typing import TYPE_CHECKING, Final, NamedTuple

import pytest

if TYPE_CHECKING:
    from ..settings import Settings


class Option(NamedTuple):
    """One option: `--chaos-NAME`, `CHAOS_NAME` and `chaos_NAME` in the ini file, in this order of precedence."""

    name: str
    metavar: str
    help: str
    default: str | None = None

    @property
    def flag(self) -> str:
        """The option on the command line."""
        return f"--chaos-{self.name}"

    @property
    def key(self) -> str:
        """The key in the ini file, and the option's name in pytest's namespace."""
        return f"chaos_{self.name.replace('-', '_')}"

    @property
    def text(self) -> str:
        """The help of all three twins."""
        default = f" (default: {self.default})" if self.default else ""
        return f"{self.help}{default}. Also {self.key.upper()} in the environment, {self.key} in the ini file."


OPTIONS: Final = (
    Option(
        "context",
        "NAME",
        "the kubeconfig context of the cluster to hurt, or in-cluster, or embedded (simulated); without: none is run",
    ),
    Option("namespace", "NAME", "the namespace of the targets, instead of the context's own"),
    Option("target", "KIND/NAME", "what healthy_deployment stands for", "deployment/timeserver"),
    Option("within", "SECONDS", "the longest that a recovery may take", "60"),
    Option("settle", "SECONDS", "how long to wait for a target to be steady before its fault", "60"),
    Option("stable-for", "SECONDS", "how long a recovery must last to count", "5"),
    Option("seed", "TEXT", "what the choice of victims depends on; a rerun with the printed seed picks the same"),
    Option("manifests", "FILES", "what an embedded cluster starts with, under the rootdir", "examples/timeserver.yaml"),
    Option("results", "FOLDER", "where the artifacts of each test go, under the rootdir", "chaos-results"),
)


def add(parser: pytest.Parser) -> None:
    """Add every option to pytest's parser."""
    group = parser.getgroup("kubechaos", "kubechaos: resilience tests for Kubernetes")
    for option in OPTIONS:
        group.addoption(option.flag, dest=option.key, metavar=option.metavar, default=None, help=option.text)
        parser.addini(option.key, option.text, type="string", default=None)


def named(config: pytest.Config) -> bool:
    """Whether a cluster is named at all."""
    return bool(_value(config, "context")[0])


def identity(config: pytest.Config) -> tuple[str, str]:
    """Return the run's id and its seed: those of the xdist controller, else the named seed, else new ones."""
    import secrets

    worker: dict[str, str] = getattr(config, "workerinput", {})
    if "kubechaos_run" in worker:
        return worker["kubechaos_run"], worker["kubechaos_seed"]
    seed = _value(config, "seed")[0] or secrets.token_hex(4)
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}", seed


def read(config: pytest.Config, known: tuple[str, str] | None = None) -> "Settings":
    """Return all options as Settings; raises OptionError naming the value and where it came from.

    `known` are the run's id and its seed, where they have been settled before.
    """
    from ..settings import Settings

    run, seed = known or identity(config)
    return Settings(
        context=_text(config, "context"),
        namespace=_value(config, "namespace")[0],
        target=_target(config),
        within=_seconds(config, "within"),
        settle=_seconds(config, "settle"),
        stable_for=_seconds(config, "stable-for"),
        seed=seed,
        results=_text(config, "results"),
        manifests=tuple(_text(config, "manifests").split()),
        run=run,
        started=datetime.now(UTC).isoformat(timespec="milliseconds"),
    )


def _value(config: pytest.Config, name: str) -> tuple[str | None, str]:
    """Return an option's value and where it came from."""
    option = next(option for option in OPTIONS if option.name == name)
    variable = option.key.upper()
    given, from_ini = config.getoption(option.key), config.getini(option.key)
    for value, where in (
        (given, option.flag),
        (os.environ.get(variable), variable),
        (from_ini, f"{option.key} in the ini file"),
    ):
        if value:
            return str(value), where
    return option.default, "the default"


def _text(config: pytest.Config, name: str) -> str:
    return _value(config, name)[0] or ""


def _seconds(config: pytest.Config, name: str) -> float:
    value, where = _value(config, name)
    try:
        seconds = float(value or "")
    except ValueError:
        seconds = -1.0
    if not isfinite(seconds) or seconds < 0:
        from ..errors import OptionError

        raise OptionError(f"{where}: {value!r} is no number of seconds, 0 or more")
    return seconds


def _target(config: pytest.Config) -> tuple[str, str]:
    from ..errors import OptionError
    from ..kube.kinds import WORKLOADS

    value, where = _value(config, "target")
    kind, _, name = (value or "").partition("/")
    kinds = {each.lower(): each for each in WORKLOADS}
    if not name or "/" in name or kind.lower() not in kinds:
        choices = [f"{each}/NAME" for each in kinds]
        written = f"{', '.join(choices[:-1])} or {choices[-1]}"
        raise OptionError(f"{where}: {value!r} is no target; write {written}")
    return kinds[kind.lower()], name
