"""The simulated cluster as its users see it: started, reached by a kubeconfig, made to fail, stopped."""

import asyncio
import secrets
import shutil
import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

from .clock import Clock, Scaled
from .cluster import Cluster
from .failure_registry import Injection, Scope
from .failures import Failure, named
from .http.network_faults import NetworkFaults
from .http.server import ApiServer
from .manifests import Loaded, ManifestError, load
from .store.kinds import WORKLOADS

CONTEXT: Final = "embedded"
FOR_KUBECTL: Final = "kubectl"
"""The context whose server has the token in its path: without TLS, kubectl sends no credentials of any kind."""
TIMEOUT: Final = 10.0
ValueT = TypeVar("ValueT")


class Simulation:
    """A cluster with what the manifests say; `network` has the faults that can happen between it and its clients.

    `manifests` are files, folders and globs, as in `kubectl apply -f`; `namespace` is that of objects that name none,
    and of the kubeconfig's context. `loaded` says what they were.

    Everything in it happens in one event loop, in a thread of its own. Without a clock of another kind, twenty of its
    seconds pass in one.
    """

    def __init__(
        self,
        manifests: Sequence[Path] = (),
        *,
        nodes: int = 2,
        clock: Clock | None = None,
        namespace: str = "default",
    ) -> None:
        self.clock: Clock = clock or Scaled()
        self.network = NetworkFaults()
        self.namespace = namespace
        self.loaded = Loaded()
        self._manifests = tuple(manifests)
        self._nodes = nodes
        self._injections: list[Injection] = []
        self._folder: Path | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._server: ApiServer | None = None
        self._cluster: Cluster | None = None

    def start(self) -> "Simulation":
        """Serve; returns once it does. Raises ManifestError for a manifest that is not supported."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="kubechaos-sim", daemon=True)
        self._thread.start()
        token = secrets.token_urlsafe(24)
        try:
            port = asyncio.run_coroutine_threadsafe(self._serve(token), self._loop).result(TIMEOUT)
        except BaseException:
            self.stop()
            raise
        self._folder = Path(tempfile.mkdtemp(prefix="kubechaos-sim-"))
        self.kubeconfig.touch(mode=0o600)
        names = {"context": CONTEXT, "kubectl": FOR_KUBECTL, "namespace": self.namespace}
        self.kubeconfig.write_text(KUBECONFIG.format(port=port, token=token, **names))
        return self

    @property
    def kubeconfig(self) -> Path:
        """The kubeconfig with the context `embedded`, and `kubectl` for kubectl; only its owner may read the token."""
        if self._folder is None:
            raise RuntimeError("the simulation has not been started")
        return self._folder / "kubeconfig"

    async def _serve(self, token: str) -> int:
        loop = asyncio.get_running_loop()
        self._cluster = cluster = Cluster(self.clock, self._nodes)
        self.loaded = load(cluster, self._manifests, self.namespace)
        # Nothing has happened yet: the objects are there, and time does not pass before the clock is driven.
        for each in self._injections:
            self._inject(cluster, each)
        self._server = server = ApiServer(cluster, self.network, token)
        self.network.wake = lambda: _threadsafe(loop, server.wake)
        cluster.timers.drive(loop)
        return await server.listen()

    def stop(self) -> None:
        """Stop it, and remove its files; raises what a controller raised meanwhile, if one did."""
        loop, self._loop = self._loop, None
        if loop is not None and self._thread is not None:
            asyncio.run_coroutine_threadsafe(self._end(), loop).result(TIMEOUT)
            loop.call_soon_threadsafe(loop.stop)
            self._thread.join(TIMEOUT)
            loop.close()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
        cluster, self._cluster = self._cluster, None
        if cluster is not None and cluster.timers.failure is not None:
            raise cluster.timers.failure

    async def _end(self) -> None:
        if self._cluster is not None:
            self._cluster.timers.rest()
        if self._server is not None:
            await self._server.close()
        # Handlers of open streams are cancelled too: a task that is left behind would warn when its loop is closed.
        mine = asyncio.current_task()
        others = [task for task in asyncio.all_tasks() if task is not mine]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def __enter__(self) -> "Simulation":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def inside(self, action: Callable[[Cluster], ValueT]) -> ValueT:
        """Run an action on the cluster in its own thread, between two other actions, and return the result."""

        async def done(cluster: Cluster) -> ValueT:
            with cluster.timers.moment():
                return action(cluster)

        if self._loop is None or self._cluster is None:
            raise RuntimeError("the simulation is not running")
        return asyncio.run_coroutine_threadsafe(done(self._cluster), self._loop).result(TIMEOUT)

    def apply(self, manifest: dict[str, Any]) -> None:
        """Create the object of a manifest, or change it; raises ManifestError."""

        def applied(cluster: Cluster) -> None:
            try:
                cluster.apply(manifest, self.namespace)
            except Exception as error:
                raise ManifestError([str(error)]) from error

        self.inside(applied)

    def inject(
        self,
        failure: Failure | str,
        workload: str = "",
        *,
        selector: str = "",
        namespace: str = "",
        replacements: bool = False,
    ) -> Failure:
        """Inject a failure from now on, and return it; `Scope` says what the other arguments choose.

        `failure` is one of the classes in `kubesim.failures` with its parameters, as in `SlowReady(seconds=5)`, or the
        name of one, as in "slow-ready". Raises ValueError for an unknown failure or workload, naming those that there
        are.
        """
        injected = _failure(failure)
        injection = Injection(injected, Scope(workload, selector, namespace or self.namespace, replacements))
        if self._cluster is None:
            self._injections.append(injection)
        else:
            self.inside(lambda cluster: self._inject(cluster, injection))
        return injected

    def _inject(self, cluster: Cluster, injection: Injection) -> None:
        # Without manifests, a workload may be applied later, and fail from the start.
        if self._manifests and injection.scope.workload:
            kinds = [kind.name for kind in WORKLOADS]
            cluster.require(kinds, injection.scope.workload, injection.scope.namespace)
        cluster.inject(injection)

    def require(self, kind: str, name: str, namespace: str = "") -> None:
        """Raise ValueError, naming what there is, if there is no such workload; `kind` is like "Deployment"."""
        self.inside(lambda cluster: cluster.require((kind,), name, namespace or self.namespace))

    def remove(self, failure: Failure | str) -> None:
        """Remove every injection of a failure, whatever its parameters."""
        removed = type(_failure(failure))
        self.inside(lambda cluster: cluster.remove(removed))

    def compact(self) -> None:
        """Drop all history: older versions are 410 Expired from now on."""
        self.inside(lambda cluster: cluster.store.compact())

    def step(self, seconds: float) -> None:
        """Move a stepped clock on."""
        self.inside(lambda cluster: cluster.timers.step(seconds))

    def settle(self, seconds: float = 60.0) -> None:
        """Wait until every workload is complete, for at most so many simulation seconds; raises TimeoutError."""
        until = self.clock.now() + seconds
        # The cluster calls `done.set` when it is settled. That may be over when this thread gets to run, so it asks
        # until the cluster is settled at the moment of asking.
        done = threading.Event()
        while not self.inside(lambda cluster: cluster.when_settled(done.set)):
            if not done.wait(self.clock.wall(max(0.0, until - self.clock.now()))):
                waiting = self.inside(lambda cluster: cluster.unsettled())
                raise TimeoutError(f"not settled within {seconds:g} s: {waiting}")
            done.clear()


def _failure(failure: Failure | str) -> Failure:
    if isinstance(failure, str):
        return named(failure)
    if not isinstance(failure, Failure):
        raise TypeError(f"{failure!r} is no failure: write its name, as in 'slow-ready', or SlowReady(seconds=5)")
    return failure


def _threadsafe(loop: asyncio.AbstractEventLoop, action: Callable[[], None]) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(action)


KUBECONFIG: Final = """\
apiVersion: v1
kind: Config
current-context: {context}
contexts:
- name: {context}
  context: {{cluster: {context}, user: {context}, namespace: {namespace}}}
- name: {kubectl}
  context: {{cluster: {kubectl}, namespace: {namespace}}}
clusters:
- name: {context}
  cluster: {{server: "http://127.0.0.1:{port}"}}
- name: {kubectl}
  cluster: {{server: "http://127.0.0.1:{port}/{token}"}}
users:
- name: {context}
  user: {{token: "{token}"}}
"""
