"""When nothing more is injected: after the cluster was not healed, and after a cancel.

`session.shouldstop` lets pytest begin no further item in this process. It does not stop a plugin that runs the item at
hand again, nor another worker of xdist, which has a queue of its own. So the reason lies in the stash for this process,
and in a file for the others. This module is a plugin that the session registers.
"""

from contextlib import suppress
from pathlib import Path

import pytest

from ..errors import InterruptedOutage, RefusedError, Verdict
from .context import INTERRUPTIONS, is_chaos, run_folder

STOPPED = pytest.StashKey[tuple[str, str]]()
"""Of the config: the verdict that ended the run, and why."""
FILE = "stopped"
"""The name of the file in the run's folder: the verdict, and the reason in the lines below it."""


def stop(session: pytest.Session, verdict: Verdict, why: str) -> None:
    """Inject nothing more, in any worker; the first reason counts, but for that of a cluster that was not healed."""
    if verdict is Verdict.NOT_HEALED:
        session.shouldstop = "kubechaos: the cluster was not healed; nothing more is done to it"
    else:
        session.shouldstop = why
    before, _ = session.config.stash.get(STOPPED, ("", ""))
    if before == Verdict.NOT_HEALED or before == verdict:
        return
    session.config.stash[STOPPED] = (verdict, why)
    path = _path(session.config)
    # Where the folder cannot be written, no other worker can make an experiment: it could not write its recording.
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{verdict}\n{why}\n")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Let no chaos test begin where nothing more may be injected."""
    # No wrapper: an error before the setup of pytest's own plugins, which are wrappers, would fail in their teardown.
    if is_chaos(item):
        check(item.config)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> None:
    """Let no test function begin after a signal that came when the setup had ended."""
    # No wrapper, for the same reason.
    if INTERRUPTIONS in item.stash:
        item.stash[INTERRUPTIONS].raise_new()


def check(config: pytest.Config) -> None:
    """Raise where nothing more may be injected: InterruptedOutage after a cancel, else RefusedError with the advice."""
    stopped = _reason(config)
    if stopped is None:
        return
    verdict, why = stopped
    if verdict == Verdict.INTERRUPTED:
        raise InterruptedOutage(f"nothing more is injected: {why}")
    raise RefusedError(f"nothing more is injected: the cluster was not healed: {why}")


def not_healed(config: pytest.Config) -> str:
    """Return what some worker could not heal, and what a person can do about it; "" if there is nothing."""
    verdict, why = _reason(config) or ("", "")
    return why if verdict == Verdict.NOT_HEALED else ""


def _reason(config: pytest.Config) -> tuple[str, str] | None:
    """Return the verdict that ended the run, in whatever worker, and why; None while there is none."""
    return config.stash.get(STOPPED, None) or _read(_path(config))


def _path(config: pytest.Config) -> Path:
    return run_folder(config) / FILE


def _read(path: Path) -> tuple[str, str] | None:
    """Return what another worker has written; None while there is nothing."""
    try:
        verdict, _, why = path.read_text().partition("\n")
    except OSError:
        return None
    return verdict, why.strip()
