"""A run as one value: what every report is made from."""

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
    """What kubechaos knows of one test: `metadata.chaos` of its report, and the file `outage.json`.

    schema: the version of this format.
    verdict: the worst of the test's experiments and errors; null if it came to none.
    artifacts: the folder with what was recorded, under the rootdir; null if there is none.
    experiments: the outages, in the order in which they were caused.
    """

    schema: Schema
    verdict: Verdict | None
    artifacts: str | None
    experiments: tuple[Outage, ...]


class ItemResult(Item, frozen=True):
    """How one chaos item ended, with its outages.

    nodeid: pytest's name of the item.
    outcome: in the words of pytest's summary, "" if it has none.
    verdict: the worst of its experiments and errors; null if it came to none.
    rerun: whether it was tried again.
    interrupted: whether a signal ended it.
    artifacts: the folder with what was recorded, under the rootdir; null if there is none.
    experiments: the outages, in the order in which they were caused.
    """

    artifacts: str | None
    experiments: tuple[Outage, ...]


class ClockFacts(Struct, frozen=True):
    """The clock of the run: `kind` is monotonic, or scaled: simulated, and `factor` times as fast as a real one."""

    kind: Literal["monotonic", "scaled"]
    factor: Annotated[float, Meta(gt=0)]


class ClusterFacts(Struct, frozen=True):
    """Which cluster it was: `context` of the kubeconfig, `server_version`, `uid` of its namespace kube-system.

    Null is what was never asked for or not told.
    """

    context: str | None = None
    server_version: str | None = None
    uid: str | None = None


class RunSummary(Struct, frozen=True, kw_only=True):
    """The run without its tests: the top level `chaos` of a report.

    schema: the version of this format.
    version: that of kubechaos.
    run: the run's id, also the name of its folder under chaos-results.
    started: the time of day, as an RFC 3339 timestamp.
    seed: what victims were chosen by; the same seed chooses the same again.
    gate: may the release go? One word.
    simulated: whether the cluster was the embedded one.
    clock: the clock of the run.
    cluster: which cluster it was.
    experiments: how many experiments the tests made.
    verdicts: how many tests came to each verdict.
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


class Run(RunSummary, frozen=True, kw_only=True):
    """A whole run; `tests` are its chaos items, in the order in which they were first reported."""

    tests: tuple[ItemResult, ...]


def result(verdicts: Sequence[Verdict], artifacts: str | None, outages: Iterable[Outage]) -> ChaosResult:
    """Return the result of one test: its verdict is the worst of all that happened in it."""
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
    """Return a run with its gate and its counts; `factor` is that of a simulated clock, None on a real cluster.

    `selected` and `broken` are those of `gate`.
    """
    simulated = factor is not None
    return Run(
        schema=SCHEMA,
        version=version,
        run=run,
        started=started,
        seed=seed,
        gate=gate(selected, tests, broken=broken, simulated=simulated),
        simulated=simulated,
        clock=ClockFacts("scaled", factor) if factor else ClockFacts("monotonic", 1.0),
        cluster=cluster,
        experiments=sum(len(test.experiments) for test in tests),
        verdicts=_counts(tests),
        tests=tuple(tests),
    )


def _counts(tests: Iterable[ItemResult]) -> dict[Verdict, int]:
    words = [test.verdict for test in tests if test.verdict]
    return {word: words.count(word) for word in sorted(set(words))}
