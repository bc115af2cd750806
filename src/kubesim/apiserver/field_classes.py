"""What the simulated cluster does with each field of a manifest: THE table of fields, and the walk through it.

A field is *simulated* where it changes who runs, is Ready or goes; *inert* where it changes none of these, and is only
kept; *refused* where it could, and is not simulated. What is not in the table is refused: unknown means unsafe.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from ..store.kinds import BUDGET, DAEMON_SET, DEPLOYMENT, POD, QUOTA, REPLICA_SET, SERVICE, STATEFUL_SET, Kind

UNSUPPORTED: Final = "the simulated cluster does not support this field"


@dataclass(frozen=True, slots=True)
class Rule:
    """A field that is refused for some of its values; `when` says for which, after the field's name."""

    field: str
    when: str
    refuses: Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of one type of objects, names separated by spaces; those in `inside` have fields of their own."""

    of: str
    simulated: str = ""
    inert: str = ""
    refused: str = ""
    rules: tuple[Rule, ...] = ()
    inside: Mapping[str, "Fields"] = field(default_factory=dict)

    def problems(self, path: str, value: Any) -> Iterator[tuple[str, str]]:
        """Yield the path of every field of a value that is not supported, and what is wrong with it."""
        if isinstance(value, list):
            for index, each in enumerate(value):
                yield from self.problems(f"{path}[{index}]", each)
        elif isinstance(value, dict):
            for key in sorted(value):
                yield from self._of_field(f"{path}.{key}", key, value[key])

    def _of_field(self, path: str, key: str, value: Any) -> Iterator[tuple[str, str]]:
        if key in self.inside:
            yield from self.inside[key].problems(path, value)
        elif key in self.refused.split():
            # Nothing is asked for by a value that is empty, such as `hostNetwork: false`.
            if value:
                yield path, UNSUPPORTED
        elif key not in (*self.simulated.split(), *self.inert.split()):
            yield path, UNSUPPORTED
        for rule in self.rules:
            if rule.field == key and rule.refuses(value):
                yield path, f"the simulated cluster does not support {key} {rule.when}"


def other_than(name: str, *values: object) -> Rule:
    """Return the rule for a field that may only have these values."""
    return Rule(name, f"other than {' and '.join(map(str, values))}", lambda value: value not in values)


REQUIRED: Final = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED: Final = "preferredDuringSchedulingIgnoredDuringExecution"
TERM: Final = Fields(
    "`podAntiAffinity`, required",
    simulated="labelSelector topologyKey namespaces namespaceSelector matchLabelKeys",
    refused="mismatchLabelKeys",
)
AFFINITY: Final = Fields(
    "`affinity`",
    inside={
        "nodeAffinity": Fields("`nodeAffinity`", simulated=REQUIRED, inert=PREFERRED),
        "podAffinity": Fields("`podAffinity`", inert=PREFERRED, refused=REQUIRED),
        "podAntiAffinity": Fields("`podAntiAffinity`", inert=PREFERRED, inside={REQUIRED: TERM}),
    },
)
SPREAD: Final = Fields(
    "`topologySpreadConstraints`",
    simulated="topologyKey whenUnsatisfiable maxSkew minDomains labelSelector matchLabelKeys nodeAffinityPolicy"
    " nodeTaintsPolicy",
)
VOLUME: Final = Fields(
    "`volumes`",
    simulated="configMap secret projected",
    inert="name emptyDir downwardAPI hostPath persistentVolumeClaim ephemeral csi image nfs"
    " iscsi fc cephfs rbd glusterfs cinder flexVolume flocker gitRepo awsElasticBlockStore gcePersistentDisk azureDisk"
    " azureFile vsphereVolume portworxVolume quobyte photonPersistentDisk scaleIO storageos",
)
PROBE: Final = "exec httpGet tcpSocket grpc timeoutSeconds"
TIMES: Final = "initialDelaySeconds periodSeconds failureThreshold"
READINESS: Final = Fields(
    "`readinessProbe`", simulated=f"{TIMES} successThreshold", inert=f"{PROBE} terminationGracePeriodSeconds"
)
LIVENESS: Final = Fields(
    "`livenessProbe`", simulated=f"{TIMES} terminationGracePeriodSeconds", inert=f"{PROBE} successThreshold"
)
STARTUP: Final = replace(LIVENESS, of="`startupProbe`")
PORT: Final = Fields("`ports`", simulated="hostPort hostIP", inert="name containerPort protocol")
HOOK: Final = Fields("`preStop`", simulated="sleep exec", inert="httpGet tcpSocket")
LIFECYCLE: Final = Fields("`lifecycle`", inert="postStart stopSignal", inside={"preStop": HOOK})
CONTAINER: Final = Fields(
    "a container",
    simulated="name image imagePullPolicy resources env envFrom",
    inert="command args workingDir volumeMounts volumeDevices securityContext terminationMessagePath"
    " terminationMessagePolicy stdin stdinOnce tty resizePolicy",
    refused="restartPolicy restartPolicyRules",
    inside={
        "readinessProbe": READINESS,
        "livenessProbe": LIVENESS,
        "startupProbe": STARTUP,
        "ports": PORT,
        "lifecycle": LIFECYCLE,
    },
)
INIT_CONTAINER: Final = replace(
    CONTAINER,
    of="an init container",
    simulated=f"{CONTAINER.simulated} restartPolicy",
    refused="restartPolicyRules",
    rules=(other_than("restartPolicy", "Always"),),
)
OS: Final = Fields("`os`", inert="name", rules=(other_than("name", "linux"),))
POD_SPEC: Final = Fields(
    "a pod",
    simulated="terminationGracePeriodSeconds nodeSelector nodeName tolerations restartPolicy hostNetwork",
    inert="securityContext automountServiceAccountToken enableServiceLinks dnsPolicy dnsConfig schedulerName"
    " serviceAccountName serviceAccount priority priorityClassName preemptionPolicy hostname hostnameOverride subdomain"
    " setHostnameAsFQDN hostAliases hostIPC hostPID hostUsers imagePullSecrets shareProcessNamespace",
    refused="ephemeralContainers activeDeadlineSeconds overhead readinessGates"
    " resourceClaims resources runtimeClassName schedulingGates schedulingGroup",
    rules=(other_than("schedulerName", "default-scheduler"), other_than("restartPolicy", "Always")),
    inside={
        "containers": CONTAINER,
        "initContainers": INIT_CONTAINER,
        "affinity": AFFINITY,
        "topologySpreadConstraints": SPREAD,
        "volumes": VOLUME,
        "os": OS,
    },
)
TEMPLATE: Final = Fields("`template`", simulated="metadata", inside={"spec": POD_SPEC})
CLAIMS: Final = Fields("`volumeClaimTemplates`", inert="metadata spec status kind apiVersion")
ROLLING: Final = Fields(
    "`updateStrategy`",
    simulated="type",
    inside={
        "rollingUpdate": Fields(
            "`rollingUpdate`",
            simulated="maxUnavailable partition",
            inert="maxSurge",
            rules=(other_than("maxSurge", 0, "0%"),),
        )
    },
)
_COUNTED: Final = (
    "configmaps secrets services services.loadbalancers services.nodeports persistentvolumeclaims"
    " replicationcontrollers resourcequotas"
    " count/configmaps count/secrets count/services count/persistentvolumeclaims count/jobs.batch"
    " count/cronjobs.batch requests.storage"
)
HARD: Final = Fields("`hard`", simulated="pods count/pods", inert=_COUNTED)
REPLICATED: Final = "selector replicas minReadySeconds"
SPECS: Final[Mapping[Kind, Fields]] = {
    POD: POD_SPEC,
    DEPLOYMENT: Fields(
        "a Deployment",
        simulated=f"{REPLICATED} strategy progressDeadlineSeconds paused revisionHistoryLimit",
        inside={"template": TEMPLATE},
    ),
    REPLICA_SET: Fields("a ReplicaSet", simulated=REPLICATED, inside={"template": TEMPLATE}),
    STATEFUL_SET: Fields(
        "a StatefulSet",
        simulated=f"{REPLICATED} podManagementPolicy ordinals revisionHistoryLimit",
        inert="serviceName persistentVolumeClaimRetentionPolicy",
        inside={
            "template": TEMPLATE,
            "updateStrategy": ROLLING,
            "volumeClaimTemplates": CLAIMS,
        },
    ),
    DAEMON_SET: Fields(
        "a DaemonSet",
        simulated="selector minReadySeconds revisionHistoryLimit",
        inside={"template": TEMPLATE, "updateStrategy": ROLLING},
    ),
    SERVICE: Fields(
        "a Service",
        simulated="selector ports publishNotReadyAddresses",
        inert="type clusterIP clusterIPs externalIPs externalName externalTrafficPolicy internalTrafficPolicy"
        " healthCheckNodePort ipFamilies ipFamilyPolicy loadBalancerIP loadBalancerClass loadBalancerSourceRanges"
        " allocateLoadBalancerNodePorts sessionAffinity sessionAffinityConfig trafficDistribution",
    ),
    BUDGET: Fields(
        "a PodDisruptionBudget", simulated="selector minAvailable maxUnavailable unhealthyPodEvictionPolicy"
    ),
    QUOTA: Fields("a ResourceQuota", refused="scopes scopeSelector", inside={"hard": HARD}),
}
"""The spec of each kind; the fields of other kinds are not looked at."""
