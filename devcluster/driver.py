"""`devcluster/run`: a fresh cluster around one command."""

import os
import platform
import secrets
import shutil
import sys
import time
from collections.abc import Sequence

from devcluster import build, kernel, packages, removal
from devcluster.bringup import Bringup
from devcluster.components import ComponentDied, Components, joining
from devcluster.description import environment
from devcluster.foreground import PAUSE, Foreground
from devcluster.interruption import Interrupted, Interruption
from devcluster.layout import Layout, layout
from devcluster.options import RunOptions, run_options
from devcluster.progress import Progress
from devcluster.refusals import Machine, Refused, refusal

REFUSED = 2
BROKEN = 3
SIGTERM = 15
LOOK_SECONDS = 0.2


def main(arguments: Sequence[str]) -> int:
    """Run COMMAND in a fresh cluster; return its exit code, 2, 3 or 128 + the signal that interrupted."""
    options = run_options(arguments)
    progress, interruption = Progress(), Interruption()
    interruption.listen()
    try:
        return prepared_run(options, progress, interruption)
    except Refused as reason:
        sys.stderr.write(f"{reason}\n")
        return REFUSED
    except (ComponentDied, RuntimeError, TimeoutError, OSError, build.BuildFailed) as problem:
        progress.say(str(problem))
        return BROKEN
    except Interrupted as interrupted:
        return 128 + interrupted.signum


def prepared_run(options: RunOptions, progress: Progress, interruption: Interruption) -> int:
    """See that everything needed is here, then bring up the cluster."""
    refuse_if_unfit()
    binary = build.binary_path(build.cache_directory(os.environ))
    binary.parent.mkdir(parents=True, exist_ok=True)
    if missing := packages.missing():
        packages.install(missing, binary.parent / "apt.log", progress, interruption)
    if not binary.exists():
        build.build(binary, progress, interruption)
    if options.build_only:
        progress.say(f"built: {binary}")
        return 0
    progress.started = time.monotonic()
    return run_in_cluster(options, layout(secrets.token_hex(3), options.nodes), progress, interruption)


def refuse_if_unfit() -> None:
    """Raise `Refused` where no cluster can be brought up."""
    machine = Machine(
        system=platform.system(),
        uid=os.geteuid(),
        has_go=shutil.which("go") is not None,
        has_binary=os.access(build.binary_path(build.cache_directory(os.environ)), os.X_OK),
        missing_packages=packages.missing(),
        has_apt=shutil.which("apt-get") is not None,
    )
    if reason := refusal(machine):
        raise Refused(reason)


def run_in_cluster(options: RunOptions, cluster: Layout, progress: Progress, interruption: Interruption) -> int:
    """Bring a cluster up, run COMMAND, and remove the cluster whatever happened."""
    kernel.adopt_orphans()
    removal.claim(cluster.id)
    components = Components(cluster, keep=options.keep)
    kept = False
    try:
        binary = build.binary_path(build.cache_directory(os.environ))
        Bringup(cluster, components, progress, interruption).run(binary)
        code = run_command(options, cluster, components, interruption)
        kept = options.keep
    finally:
        if not kept:
            removal.remove(cluster.id)
    if kept:
        progress.say(kept_text(cluster, components))
    interruption.raise_if_any()
    return code


def run_command(options: RunOptions, cluster: Layout, components: Components, interruption: Interruption) -> int:
    """Run COMMAND; stop it when we are interrupted or a component dies."""
    holder = components.holders[cluster.nodes[0].name]
    command = ("nsenter", f"--net=/proc/{holder}/ns/net", "--", *options.command)
    foreground = Foreground(joining(cluster, command), environment(cluster, os.environ))
    looked = 0.0
    try:
        while (code := foreground.exit_code()) is None:
            interruption.raise_if_any()
            if time.monotonic() - looked > LOOK_SECONDS:
                components.raise_if_any_died()
                looked = time.monotonic()
            time.sleep(PAUSE)
    except Interrupted as interrupted:
        foreground.stop(interrupted.signum)
        raise
    except ComponentDied:
        foreground.stop(SIGTERM)
        raise
    return code


def kept_text(cluster: Layout, components: Components) -> str:
    """Return how to enter and how to remove a cluster that was kept."""
    holder = components.holders[cluster.nodes[0].name]
    variables = f"KUBECONFIG={cluster.kubeconfig} KUBECACHEDIR={cluster.kubectl_cache}"
    enter = f"{variables} nsenter --net=/proc/{holder}/ns/net {cluster.programs}/kubectl get nodes"
    return f"{cluster.name} is kept.\n  use it:    {enter}\n  remove it: devcluster/leftovers --remove"
