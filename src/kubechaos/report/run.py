"""A run as one value, from which every report is made."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Final, Literal, TypeAlias

from msgspec import Meta, Struct

from ..errors import Verdict
from ..judge.outage import Outage
from ..judge.units import AtLeastOne, Count, Timestamp
from ..judge.verdict import worst
from .gate import Gate, Item, gate

Schema: TypeAlias = Literal["kubechaos/v1"]
SCHEMA: Final[Schema] = "kubechaos/v1"
"""The name and version of the published JSON Schema."""


class ChaosResult(Struct, frozen=True):
    """The result of one test: `metadata.chaos` in its report, and the file `outage.json`.

    schema: the name and version of this format.
    verdict: the worst of the test's experiments and errors; null without any.
    artifacts: the folder with the recording and other files, relative to the rootdir; null if there is none.
    experiments: the outages, in the order in which they were caused.
    """

    schema: Schema
    verdict: Verdict | None
    artifacts: str | None
    experiments: tuple[Outage, ...]


class ItemResult(Item, frozen=True):
    """How one chaos test (an item of pytest) ended, with its outages.

    nodeid: pytest's name of the item.
    outcome: in the words of pytest's summary; "" if it has none.
    verdict: the worst of its experiments and errors; null without any.
    rerun: whether it was begun more than once.
    interrupted: whether a signal ended it.
    uses_chaos: whether it uses the fixture `chaos`, and so is expected to inject a fault.
    earlier: the verdicts of the attempts before the last one.
    artifacts: the folder with the recording and other files, relative to the rootdir; null if there is none.
    experiments: the outages, in the order in which they were caused.
    """

    artifacts: str | None
    experiments: tuple[Outage, ...]


class ClockFacts(Struct, frozen=True):
    """The clock of the run.

    kind: "monotonic", or "scaled" for that of a simulation.
    factor: how many times as fast as real time it is; 1 for a monotonic clock.
    """

    kind: Literal["monotonic", "scaled"]
    factor: Annotated[float, Meta(gt=0)]


class ClusterFacts(Struct, frozen=True):
    """The cluster of the run; null is what is not known.

    context: the context of the kubeconfig.
    server_version: the version of the API server, as in "v1.37.0".
    uid: the uid of the namespace kube-system, which identifies a cluster.
    """

    context: str | None = None
    server_version: str | None = None
    uid: str | None = None


class RunSummary(Struct, frozen=True, kw_only=True):
    """The run without its tests: the top level `chaos` of a report.

    schema: the name and version of this format.
    version: the version of kubechaos.
    run: the id of the run, which is also the name of its folder under chaos-results.
    started: the time of day at which it began, as an RFC 3339 timestamp.
    seed: the seed by which victims were chosen; the same seed chooses the same again.
    gate: one word that says whether a release may go.
    simulated: whether the cluster was the embedded one.
    clock: the clock of the run.
    cluster: the cluster of the run.
    experiments: how many experiments the tests made.
    verdicts: for each verdict, how many tests ended with it.
    earlier: for each verdict, how many attempts ended with it whose test was begun again.
    injected_nothing: the tests that use `chaos` and passed without an experiment.
    """

    schema: Schema
    version: str
    run: str
    started: Timestamp
    seed: str
    gate: Gate
    simulated: bool
    clock: ClockFacts
    cluster: ClusterFacts
    experiments: Count
    verdicts: Mapping[Verdict, AtLeastOne]
    earlier: Mapping[Verdict, AtLeastOne]
    injected_nothing: tuple[str, ...]


class Run(RunSummary, frozen=True, kw_only=True):
    """A run; `tests` are its chaos tests, in the order in which they were first reported."""

    tests: tuple[ItemResult, ...]


def result(verdicts: Sequence[Verdict], artifacts: str | None, outages: Iterable[Outage]) -> ChaosResult:
    """Return the result of one test, whose verdict is the worst of `verdicts`."""
    return ChaosResult(SCHEMA, worst(verdicts), artifacts, tuple(outages))


def make_run(
    *,
    version: str,
    run: str,
    started: str,
    seed: str,
    factor: float | None,
    cluster: ClusterFacts,
    selected: int,
    broken: bool,
    tests: Sequence[ItemResult],
) -> Run:
    """Return a run with its gate and its counts.

    `factor` is that of a simulated clock, None on a real cluster; `selected` and `broken` are as for `gate`.
    """
    simulated = factor is not None
    clock = ClockFacts("scaled", factor) if factor else ClockFacts("monotonic", 1.0)
    return Run(
        schema=SCHEMA,
        version=version,
        run=run,
        started=started,
        seed=seed,
        gate=gate(selected, tests, broken=broken, simulated=simulated),
        simulated=simulated,
        clock=clock,
        cluster=cluster,
        experiments=sum(len(test.experiments) for test in tests),
        verdicts=_counts(test.verdict for test in tests),
        earlier=_counts(verdict for test in tests for verdict in test.earlier),
        injected_nothing=tuple(test.nodeid for test in tests if test.injected_nothing),
        tests=tuple(tests),
    )


def _counts(known: Iterable[Verdict | None]) -> dict[Verdict, int]:
    verdicts = [verdict for verdict in known if verdict]
    return {verdict: verdicts.count(verdict) for verdict in sorted(set(verdicts))}
