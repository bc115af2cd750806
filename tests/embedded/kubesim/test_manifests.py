"""Files, folders and globs; what is in them, and everything that is wrong with it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kubesim import ManifestError
from kubesim.apiserver.deletion import Options
from kubesim.clock import Stepped
from kubesim.cluster import Cluster
from kubesim.manifests import EXAMPLE, check, load
from kubesim.store.kinds import CONFIG_MAP, DEPLOYMENT, INERT, NAMESPACE, POD, SECRET
from tests.embedded.shop import deployment, service

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a file: a text as it is, objects as the documents of a YAML file."""

    def write(name: str, *documents: Any) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n---\n".join(each if isinstance(each, str) else json.dumps(each) for each in documents))
        return path

    return write


def config_map(name: str, **more: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, **more}


def of_custom(name: str = "main", version: str = "example.com/v1", kind: str = "Backup") -> dict[str, Any]:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name}, "spec": {"every": "1h"}}


def loaded(*paths: Path, namespace: str = "default") -> Cluster:
    cluster = Cluster(Stepped())
    load(cluster, paths, namespace)
    return cluster


def problems(*paths: Path) -> tuple[str, ...]:
    with pytest.raises(ManifestError) as caught:
        loaded(*paths)
    assert caught.value.problems == check(paths).problems
    return caught.value.problems


def test_one_line_says_how_many_objects_of_each_class_there_are(write: Write) -> None:
    file = write("a.yaml", deployment(), service(), config_map("a"), config_map("b"), of_custom())
    assert str(check([file])) == "loaded 5 objects: 2 simulated, 3 inert (ConfigMap 2, Backup 1)"


def test_the_line_names_the_most_frequent_kinds_only(write: Write) -> None:
    kinds = ("ConfigMap", "Secret", "ServiceAccount", "Endpoints", "PodTemplate", "PersistentVolumeClaim")
    objects = [{"apiVersion": "v1", "kind": kind, "metadata": {"name": "x"}} for kind in kinds]
    line = str(check([write("a.yaml", *objects, config_map("y"))]))
    assert line.endswith("7 inert (ConfigMap 2, Endpoints 1, PersistentVolumeClaim 1, PodTemplate 1, 2 more kinds)"), (
        line
    )


def test_an_object_that_two_files_have_is_applied_twice_and_counted_once(write: Write) -> None:
    first, second = write("a.yaml", deployment(replicas=3)), write("b.yaml", deployment(replicas=5))
    assert check([first, second]).simulated == {"Deployment": 1}
    (web,) = loaded(first, second).store.all(DEPLOYMENT)
    assert web.spec["replicas"] == 5


@pytest.mark.parametrize("kind", INERT, ids=lambda kind: kind.name)
def test_every_inert_kind_is_stored_in_every_version_that_it_has(kind: Any) -> None:
    cluster = Cluster(Stepped())
    spec = {"group": "example.com", "names": {"kind": "A", "plural": "as"}, "versions": [{"name": "v1"}]}
    for version in kind.api_versions:
        meta = {"name": f"x.{version.replace('/', '-')}"}
        cluster.apply({"apiVersion": version, "kind": kind.name, "metadata": meta, "spec": spec, "data": {"a": "b"}})
    assert len(list(cluster.store.all(kind))) == len(kind.api_versions)
    assert {obj.namespace for obj in cluster.store.all(kind)} == ({"default"} if kind.namespaced else {""})


def test_a_namespace_that_no_document_makes_is_made(write: Write) -> None:
    manifest = config_map("a")
    manifest["metadata"]["namespace"] = "shop"
    made = loaded(write("a.yaml", manifest)).store.get(NAMESPACE, "", "shop")
    assert made is not None
    assert (made.status, made.labels) == ({"phase": "Active"}, {"kubernetes.io/metadata.name": "shop"})


def test_an_object_that_names_no_namespace_is_put_into_the_one_of_the_run(write: Write) -> None:
    cluster = loaded(write("a.yaml", config_map("a")), namespace="shop")
    assert cluster.store.get(CONFIG_MAP, "shop", "a") is not None


def test_lists_anchors_and_empty_documents_are_read(write: Write) -> None:
    items = {"apiVersion": "v1", "kind": "List", "items": [config_map("a"), {**config_map("b"), "data": None}]}
    anchored = "kind: ConfigMap\napiVersion: v1\nmetadata: &meta {name: c}\ndata: {at: 2020-01-01, eq: =, on: yes-no}"
    found = loaded(write("a.yaml", items, "# nothing", anchored)).store.all(CONFIG_MAP)
    assert sorted(each.name for each in found) == ["a", "b", "c"]
    (last,) = (each.body["data"] for each in found if each.name == "c")
    assert last == {"at": "2020-01-01", "eq": "=", "true": "yes-no"}


@pytest.mark.parametrize(
    "line",
    [
        "spec: {revisionHistoryLimit: }",
        "spec: {progressDeadlineSeconds: }",
        "spec: {replicas: }",
        "spec: {template: {spec: {terminationGracePeriodSeconds: }}}",
        "spec: {template: {spec: {hostNetwork: false, imagePullSecrets: [], nodeSelector: , affinity: }}}",
        "spec: {template: {spec: {containers: [{name: web, image: x, readinessProbe: {initialDelaySeconds: }}]}}}",
        "spec: {template: {spec: {containers: [{name: web, image: x, readinessProbe: }]}}}",
        "spec: {template: {spec: {containers: [{name: web, image: x, resources: {requests: {cpu: 100u}}}]}}}",
        "spec: {template: {metadata: {annotations: }}}",
        "metadata: {annotations: , labels: }",
    ],
)
def test_what_helm_writes_where_nothing_is_asked_for_asks_for_nothing(line: str) -> None:
    import yaml

    def put(into: dict[str, Any], given: dict[str, Any]) -> None:
        for key, value in given.items():
            if isinstance(value, dict) and isinstance(into.get(key), dict):
                put(into[key], value)
            else:
                into[key] = value

    manifest = deployment(replicas=1)
    put(manifest, yaml.safe_load(line))
    cluster = Cluster(Stepped())
    cluster.apply(manifest)
    cluster.timers.step(5)
    (web,) = cluster.store.all(DEPLOYMENT)
    assert web.status["readyReplicas"] == 1
    (pod,) = cluster.store.all(POD)
    cluster.deletion.delete(pod, Options())
    cluster.timers.step(60)
    assert cluster.settled, "the pod was replaced"


def test_a_folder_stands_for_its_files_and_a_glob_for_those_in_its_folders(write: Write, tmp_path: Path) -> None:
    for name in ("k8s/a.yaml", "k8s/b.yml", "k8s/c.json", "k8s/notes.txt", "k8s/more/d.yaml"):
        write(name, config_map(Path(name).stem))

    def names(path: Path) -> list[str]:
        return sorted(each.name for each in loaded(path).store.all(CONFIG_MAP))

    assert names(tmp_path / "k8s") == ["a", "b", "c"]
    assert names(tmp_path / "k8s/*.y*ml") == ["a", "b"]
    assert names(tmp_path / "k8s/**") == ["a", "b", "c", "d"]


@pytest.mark.parametrize("name", ["none.yaml", "empty", "none/*.yaml"])
def test_a_path_without_a_file_is_an_error(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    (said,) = problems(tmp_path / name)
    assert said.startswith(f"{tmp_path / name}: there is no such file, and no folder or glob with .yaml")


def test_files_without_an_object_are_an_error(write: Write) -> None:
    (said,) = problems(write("a.yaml", "# nothing"))
    assert said.endswith("a.yaml: there is no object in it")


def test_everything_that_is_wrong_in_all_files_is_said_at_once(write: Write) -> None:
    a = write("a.yaml", service(), deployment(pod={"overhead": {"cpu": "1"}, "readinessGates": [{}]}))
    b = write("b.yaml", {"kind": "LimitRange", "apiVersion": "v1", "metadata": {"name": "x"}}, "just text", "a: {")
    c = write("c.yaml", deployment("other", replicas=-1))
    lines = problems(a, b, c)
    expected = [
        f"{a}, document 2, Deployment web: spec.template.spec.overhead: Forbidden: the simulated cluster does not",
        f"{a}, document 2, Deployment web: spec.template.spec.readinessGates: Forbidden",
        f"{c}, document 1, Deployment other: spec.replicas: Invalid value: -1",
    ]
    assert all(any(line.startswith(start) for line in lines) for start in expected), lines
    assert len(lines) == 4, "a file that cannot be parsed has one problem"
    with pytest.raises(ManifestError, match=r"^4 problems:\n    "):
        loaded(a, b, c)
    assert check([a, b, c]).simulated == {"Service": 1}, "the others are looked at all the same"


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        ({"kind": "Ingress", "apiVersion": "extensions/v1beta1"}, "not served; write apiVersion: networking.k8s.io/v1"),
        ({"kind": "CronJob", "apiVersion": "batch/v1beta1"}, "is not served; write apiVersion: batch/v1"),
        (
            {"kind": "Deploymnet", "apiVersion": "apps/v1"},
            "is not known; there are: APIService, CSIDriver, ClusterRole",
        ),
        ({"kind": "Kustomization", "apiVersion": "kustomize.config.k8s.io/v1beta1"}, "kubectl kustomize FOLDER |"),
        ({"kind": "Node", "apiVersion": "v1"}, "has nodes of its own"),
        ({"apiVersion": "v1"}, "it is no object of Kubernetes"),
        ({"kind": "ConfigMap", "apiVersion": "v1"}, "metadata.name: Required value"),
    ],
)
def test_a_kind_that_is_refused_comes_with_the_way_out(write: Write, manifest: dict[str, Any], said: str) -> None:
    (line,) = problems(write("a.yaml", manifest))
    assert said in line


def test_a_template_of_helm_is_recognized(write: Write) -> None:
    (line,) = problems(write("a.yaml", "metadata:\n  name: {{ .Values.name }}\n"))
    assert "helm template CHART | kubechaos check -" in line


def test_a_custom_resource_is_of_the_kind_that_its_definition_defines_wherever_that_is(write: Write) -> None:
    names = {"kind": "Backup", "plural": "backups", "shortNames": ["bk"]}
    versions = [{"name": "v1alpha1", "served": True}, {"name": "v1", "storage": True, "served": True}]
    spec = {"group": "example.com", "scope": "Cluster", "names": names, "versions": versions}
    definition = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "spec": spec}
    defined = {**definition, "metadata": {"name": "backups.example.com"}}
    old = of_custom("old", "example.com/v1alpha1")
    cluster = loaded(write("a.yaml", of_custom(), old, defined))
    kind = cluster.kinds.of_resource("example.com", "backups")
    assert kind is not None
    assert (kind.api_versions, kind.short, kind.namespaced) == (
        ("example.com/v1", "example.com/v1alpha1"),
        ("bk",),
        False,
    )
    assert {each.name for each in cluster.store.all(kind)} == {"main", "old"}


def test_a_custom_resource_without_a_definition_is_kept_too(write: Write) -> None:
    cluster = loaded(write("a.yaml", of_custom(), of_custom("b", "example.com/v2"), of_custom(kind="Service")))
    kind = cluster.kinds.of_resource("example.com", "backups")
    assert kind is not None
    assert {each.name for each in cluster.store.all(kind)} == {"main", "b"}


def test_a_secret_has_what_was_written_as_text() -> None:
    cluster = Cluster(Stepped())
    meta = {"name": "x"}
    cluster.apply(
        {"apiVersion": "v1", "kind": "Secret", "metadata": meta, "data": {"a": "YQ=="}, "stringData": {"b": "b"}}
    )
    (secret,) = cluster.store.all(SECRET)
    assert {key: secret.body[key] for key in ("type", "data")} == {"type": "Opaque", "data": {"a": "YQ==", "b": "Yg=="}}
    assert "stringData" not in secret.body


def test_the_default_example_is_the_one_that_is_applied_to_a_real_cluster() -> None:
    root = Path(__file__).parents[3]
    assert EXAMPLE.read_bytes() == (root / "examples/timeserver.yaml").read_bytes()
    assert str(check([EXAMPLE])) == "loaded 2 objects: 2 simulated, 0 inert"
