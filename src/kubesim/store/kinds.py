"""The kinds of the cluster, one row each: those that are simulated, and those that are only kept."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """One kind of the API; one that is not `simulated` is inert: stored, listed, changed and deleted, and no more.

    `returns` says that a deletion returns the object, not a Status; `also` has the other versions that it is served
    in, each as it was written.
    """

    name: str
    group: str
    plural: str
    namespaced: bool = True
    subresources: tuple[str, ...] = ()
    generations: bool = False
    returns: bool = False
    version: str = "v1"
    short: tuple[str, ...] = ()
    simulated: bool = True
    also: tuple[str, ...] = ()

    @property
    def api_version(self) -> str:
        """The `apiVersion` of its manifests."""
        return f"{self.group}/{self.version}".lstrip("/")

    @property
    def api_versions(self) -> tuple[str, ...]:
        """Every `apiVersion` that its manifests may have."""
        return tuple(f"{self.group}/{version}".lstrip("/") for version in (self.version, *self.also))

    @property
    def resource(self) -> str:
        """Its plural with its group, as error messages name it."""
        return f"{self.plural}.{self.group}".rstrip(".")

    @property
    def full(self) -> str:
        """Its name with its group, as validation messages name it."""
        return f"{self.name}.{self.group}".rstrip(".")

    @property
    def head(self) -> bytes:
        """The beginning of the JSON of a single object."""
        return f'{{"kind":"{self.name}","apiVersion":"{self.api_version}",'.encode()


NAMESPACE = Kind("Namespace", "", "namespaces", namespaced=False, short=("ns",))
NODE = Kind("Node", "", "nodes", namespaced=False, short=("no",))
POD = Kind("Pod", "", "pods", True, ("status", "eviction", "log"), generations=True, returns=True, short=("po",))
SERVICE = Kind("Service", "", "services", subresources=("proxy",), returns=True, short=("svc",))
EVENT = Kind("Event", "", "events", short=("ev",))
QUOTA = Kind("ResourceQuota", "", "resourcequotas", returns=True, short=("quota",))
_SCALED: Final = ("status", "scale")
DEPLOYMENT = Kind("Deployment", "apps", "deployments", True, _SCALED, generations=True, short=("deploy",))
REPLICA_SET = Kind("ReplicaSet", "apps", "replicasets", True, ("status",), generations=True, short=("rs",))
STATEFUL_SET = Kind("StatefulSet", "apps", "statefulsets", True, _SCALED, generations=True, short=("sts",))
DAEMON_SET = Kind("DaemonSet", "apps", "daemonsets", True, ("status",), generations=True, short=("ds",))
CONTROLLER_REVISION = Kind("ControllerRevision", "apps", "controllerrevisions")
SLICE = Kind("EndpointSlice", "discovery.k8s.io", "endpointslices", generations=True)
BUDGET = Kind("PodDisruptionBudget", "policy", "poddisruptionbudgets", True, ("status",), True, short=("pdb",))

WORKLOADS = (DEPLOYMENT, STATEFUL_SET, DAEMON_SET)
"""The kinds that users write, and that failures are injected into by name."""
OWNERS = (*WORKLOADS, REPLICA_SET)
"""The kinds with a selector and a template of pods."""
SIMULATED = (NAMESPACE, NODE, POD, SERVICE, EVENT, QUOTA, *OWNERS, CONTROLLER_REVISION, SLICE, BUDGET)


def _inert(
    name: str,
    group: str,
    plural: str,
    *short: str,
    cluster: bool = False,
    generations: bool = False,
    returns: bool = False,
) -> Kind:
    return Kind(name, group, plural, not cluster, (), generations, returns, short=short, simulated=False)


RBAC: Final = "rbac.authorization.k8s.io"
_ADMISSION: Final = "admissionregistration.k8s.io"
SECRET = _inert("Secret", "", "secrets")
CONFIG_MAP = _inert("ConfigMap", "", "configmaps", "cm")
CLAIM = _inert("PersistentVolumeClaim", "", "persistentvolumeclaims", "pvc", returns=True)
VOLUME = _inert("PersistentVolume", "", "persistentvolumes", "pv", cluster=True, returns=True)
JOB = _inert("Job", "batch", "jobs", generations=True)
AUTOSCALER = Kind(
    "HorizontalPodAutoscaler",
    "autoscaling",
    "horizontalpodautoscalers",
    version="v2",
    also=("v1",),
    short=("hpa",),
    simulated=False,
)
DEFINITION = _inert(
    "CustomResourceDefinition",
    "apiextensions.k8s.io",
    "customresourcedefinitions",
    "crd",
    "crds",
    cluster=True,
    generations=True,
)
INERT = (
    CONFIG_MAP,
    SECRET,
    _inert("ServiceAccount", "", "serviceaccounts", "sa", returns=True),
    _inert("Endpoints", "", "endpoints", "ep"),
    _inert("PodTemplate", "", "podtemplates", returns=True),
    CLAIM,
    VOLUME,
    JOB,
    _inert("CronJob", "batch", "cronjobs", "cj", generations=True),
    AUTOSCALER,
    _inert("Ingress", "networking.k8s.io", "ingresses", "ing", generations=True),
    _inert("IngressClass", "networking.k8s.io", "ingressclasses", cluster=True, generations=True),
    _inert("NetworkPolicy", "networking.k8s.io", "networkpolicies", "netpol", generations=True),
    _inert("Role", RBAC, "roles"),
    _inert("RoleBinding", RBAC, "rolebindings"),
    _inert("ClusterRole", RBAC, "clusterroles", cluster=True),
    _inert("ClusterRoleBinding", RBAC, "clusterrolebindings", cluster=True),
    _inert("StorageClass", "storage.k8s.io", "storageclasses", "sc", cluster=True, returns=True),
    _inert("CSIDriver", "storage.k8s.io", "csidrivers", cluster=True, returns=True),
    _inert("VolumeAttributesClass", "storage.k8s.io", "volumeattributesclasses", "vac", cluster=True),
    _inert("PriorityClass", "scheduling.k8s.io", "priorityclasses", "pc", cluster=True, generations=True),
    _inert("RuntimeClass", "node.k8s.io", "runtimeclasses", cluster=True),
    _inert("Lease", "coordination.k8s.io", "leases"),
    _inert("MutatingWebhookConfiguration", _ADMISSION, "mutatingwebhookconfigurations", cluster=True, generations=True),
    _inert(
        "ValidatingWebhookConfiguration", _ADMISSION, "validatingwebhookconfigurations", cluster=True, generations=True
    ),
    _inert("ValidatingAdmissionPolicy", _ADMISSION, "validatingadmissionpolicies", cluster=True, generations=True),
    _inert(
        "ValidatingAdmissionPolicyBinding",
        _ADMISSION,
        "validatingadmissionpolicybindings",
        cluster=True,
        generations=True,
    ),
    _inert("APIService", "apiregistration.k8s.io", "apiservices", cluster=True),
    _inert("FlowSchema", "flowcontrol.apiserver.k8s.io", "flowschemas", cluster=True, generations=True),
    _inert(
        "PriorityLevelConfiguration",
        "flowcontrol.apiserver.k8s.io",
        "prioritylevelconfigurations",
        cluster=True,
        generations=True,
    ),
    DEFINITION,
)
"""The kinds without behaviour: no pod of ours comes, goes or gets Ready because of one."""
KINDS = (*SIMULATED, *INERT)
BY_NAME: Mapping[str, Kind] = MappingProxyType({kind.name: kind for kind in KINDS})
BY_RESOURCE: Mapping[tuple[str, str], Kind] = MappingProxyType({(kind.group, kind.plural): kind for kind in KINDS})
GROUPS = frozenset(kind.group for kind in KINDS)
MADE_BY_USERS = frozenset((NAMESPACE, POD, SERVICE, QUOTA, *OWNERS, BUDGET, *INERT))
"""The kinds that can be created; the others are written by the simulation itself."""


class Kinds:
    """The kinds of one cluster: those of every cluster, and those of its custom resources."""

    def __init__(self) -> None:
        self._custom: dict[tuple[str, str], Kind] = {}

    def __iter__(self) -> Iterator[Kind]:
        yield from KINDS
        yield from self._custom.values()

    def of_resource(self, group: str, plural: str) -> Kind | None:
        """Return the kind with a plural, as paths name it."""
        return BY_RESOURCE.get((group, plural)) or self._custom.get((group, plural))

    def of_manifest(self, api_version: str, name: str) -> Kind | None:
        """Return the kind of a manifest."""
        return next((kind for kind in self if kind.name == name and api_version in kind.api_versions), None)

    def has_group(self, group: str) -> bool:
        """Return whether a group has any kind."""
        return group in GROUPS or any(kind.group == group for kind in self._custom.values())

    def define(self, spec: Mapping[str, Any]) -> None:
        """Add the kind that the spec of a CustomResourceDefinition defines; raises KeyError for a part it lacks."""
        names = spec["names"]
        # An object is kept as it was written, in whichever version: there is no conversion.
        first, *others = sorted(spec["versions"], key=lambda version: not version.get("storage"))
        key = spec["group"], names["plural"]
        fresh = Kind(
            names["kind"],
            *key,
            namespaced=spec.get("scope", "Namespaced") == "Namespaced",
            generations=True,
            version=first["name"],
            short=tuple(names.get("shortNames") or ()),
            simulated=False,
            also=tuple(each["name"] for each in others if each.get("served", True)),
        )
        # The objects that there are belong to the kind that there is.
        self._custom.setdefault(key, fresh)

    def assume(self, api_version: str, name: str) -> Kind:
        """Return the kind of a custom resource whose definition nobody has given."""
        group, _, version = api_version.partition("/")
        key = group, f"{name.lower()}s"
        fresh = Kind(name, *key, generations=True, version=version, simulated=False)
        return self._custom.setdefault(key, fresh)
