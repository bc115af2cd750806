"""Our options: on the command line, in the environment and in the ini file, and how they become Settings.

They are read late, and each as text: a wrong value in a shared pytest.ini must not fail a run without a chaos test.
Modules of the package are imported where they are needed, since pytest loads this module in every session.
"""

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

import pytest

if TYPE_CHECKING:
    from ..settings import Settings


class Option(NamedTuple):
    """One option: `--chaos-NAME`, `CHAOS_NAME` and `chaos_NAME` in the ini file, in this order of precedence.

    `metavar` and `help` are argparse's; the value is text, None where there is no default. One that is `repeated` has a
    list of them: one line each in the ini file, separated as in PATH in the environment.
    """

    name: str
    metavar: str
    help: str
    default: str | None = None
    repeated: bool = False

    @property
    def flag(self) -> str:
        """Its name on the command line."""
        return f"--chaos-{self.name}"

    @property
    def dest(self) -> str:
        """Its name in argparse's namespace, and in the ini file."""
        return f"chaos_{self.name.replace('-', '_')}"

    @property
    def variable(self) -> str:
        """Its name in the environment."""
        return self.dest.upper()

    @property
    def help_text(self) -> str:
        """One text for `pytest --help`, which prints it under the flag and again under the ini key."""
        described = self.help
        if self.default:
            described += f" (default: {self.default})"
        return f"{described}. Also {self.variable} in the environment, {self.dest} in the ini file."


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
    Option("stable-for", "SECONDS", "how long a recovery must last to count", "10"),
    Option("seed", "TEXT", "what the choice of victims depends on; a rerun with the printed seed picks the same"),
    Option(
        "manifests",
        "PATH",
        "a file, folder or quoted glob of what an embedded cluster starts with, not an example; may be repeated",
        repeated=True,
    ),
    Option("results", "FOLDER", "where the artifacts of each test go, under the rootdir", "chaos-results"),
)


_BY_NAME: Final = {option.name: option for option in OPTIONS}


def add(parser: pytest.Parser) -> None:
    """Add every option to pytest's parser."""
    group = parser.getgroup("kubechaos", "kubechaos: resilience tests for Kubernetes")
    for option in OPTIONS:
        # No default here: pytest could not say then whether the user gave the value.
        shared = {"dest": option.dest, "metavar": option.metavar, "default": None, "help": option.help_text}
        if option.repeated:
            group.addoption(option.flag, action="append", **shared)
            parser.addini(option.dest, option.help_text, type="linelist", default=[])
        else:
            group.addoption(option.flag, **shared)
            parser.addini(option.dest, option.help_text, type="string", default=None)


def is_cluster_named(config: pytest.Config) -> bool:
    """Return whether a cluster is named, "embedded" included: without one, no chaos test is run.

    Raises pytest.UsageError for a name on the command line that is empty.
    """
    # Asked in every session that collects a chaos test, so without importing our errors.
    why = _why_empty(config, _BY_NAME["context"])
    if why:
        raise pytest.UsageError(f"kubechaos: {why}")
    return bool(_text(config, "context"))


def identity(config: pytest.Config) -> tuple[str, str]:
    """Return the run's id and its seed: those of the xdist controller, else the named seed, else new ones."""
    import secrets

    # xdist gives each worker's config what our session has put into it (pytest_configure_node).
    worker: dict[str, str] = getattr(config, "workerinput", {})
    if "kubechaos_run" in worker:
        return worker["kubechaos_run"], worker["kubechaos_seed"]
    run = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"
    return run, _text(config, "seed") or secrets.token_hex(4)


def read(config: pytest.Config, run_and_seed: tuple[str, str]) -> "Settings":
    """Return all options as Settings; raises OptionError naming the value and where it came from.

    `run_and_seed` are those of `identity`.
    """
    from ..settings import Settings

    run, seed = run_and_seed
    return Settings(
        context=_text(config, "context"),
        namespace=_text(config, "namespace") or None,
        target=_target(config),
        within=_seconds(config, "within"),
        settle=_seconds(config, "settle"),
        stable_for=_seconds(config, "stable-for"),
        seed=seed,
        results=_text(config, "results"),
        manifests=_paths(config, "manifests"),
        run=run,
        started=datetime.now(UTC).isoformat(timespec="milliseconds"),
    )


def _value_and_source(config: pytest.Config, name: str) -> tuple[str, str]:
    """Return an option's value and where it came from; an empty one of the environment or ini file is none.

    Raises OptionError for an empty value on the command line: `--chaos-context "$NAME"` where NAME is not set must not
    lead to the cluster that something else names.
    """
    option = _BY_NAME[name]
    why = _why_empty(config, option)
    if why:
        from ..errors import OptionError

        raise OptionError(why)
    candidates = (
        (config.getoption(option.dest), option.flag),
        (os.environ.get(option.variable), option.variable),
        (config.getini(option.dest), f"{option.dest} in the ini file"),
    )
    for value, source in candidates:
        if value:
            return str(value), source
    return option.default or "", "the default"


def _why_empty(config: pytest.Config, option: Option) -> str:
    """Return what to say of a flag that is given without a value; "" for any other."""
    if config.getoption(option.dest) in ("", [""]):
        return f"{option.flag} is empty; give a value, or leave it out"
    return ""


def _text(config: pytest.Config, name: str) -> str:
    return _value_and_source(config, name)[0]


def _paths(config: pytest.Config, name: str) -> tuple[str, ...]:
    """Return the paths of a repeated option, absolute: what they are relative to depends on where they were written."""
    option = _BY_NAME[name]
    value, source = _value_and_source(config, name)
    if source == option.flag:
        written, base = config.getoption(option.dest), config.invocation_params.dir
    elif source == option.variable:
        written, base = value.split(os.pathsep), config.invocation_params.dir
    else:
        written, base = config.getini(option.dest) or [], config.rootpath
    return tuple(str(base / each) for each in written if each)


def _seconds(config: pytest.Config, name: str) -> float:
    value, source = _value_and_source(config, name)
    try:
        seconds = float(value)
    except ValueError:
        seconds = -1.0
    from ..settings import LONGEST

    if not 0 <= seconds <= LONGEST:
        from ..errors import OptionError

        raise OptionError(f"{source}: {value!r} is no number of seconds, 0 or more, at most a year")
    return seconds


def _target(config: pytest.Config) -> tuple[str, str]:
    """Return the kind and the name of the default target; the kind may be written in any case."""
    from ..errors import OptionError
    from ..kube.kinds import WORKLOADS

    value, source = _value_and_source(config, "target")
    written_kind, _, name = value.partition("/")
    kinds = {kind.lower(): kind for kind in WORKLOADS}
    kind = kinds.get(written_kind.lower())
    if kind is None or not name or "/" in name:
        *others, last = [f"{each}/NAME" for each in kinds]
        raise OptionError(f"{source}: {value!r} is no target; write {', '.join(others)} or {last}")
    return kind, name
