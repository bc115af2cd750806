"""Manifests: which files are meant, what is in them, and all of it applied, or all that is wrong with it said."""

import glob
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from .apiserver.unsupported_fields import runs_to_an_end
from .clock import Stepped
from .cluster import Cluster
from .store.kinds import DEFINITION
from .store.objects import Stored, decode
from .store.refusals import Refused

EXAMPLE: Final = Path(__file__).parent / "timeserver.yaml"
"""A Deployment of three pods with its Service and its budget."""
SUFFIXES: Final = (".yaml", ".yml", ".json")
STDIN: Final = Path("-")
SHOWN: Final = 5
"""The kinds that the line names: what a run begins with is one line."""


class ManifestError(ValueError):
    """Manifests that cannot be used; `problems` has every one, with its file, document and field."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        lines = [f"{len(problems)} problems:", *problems]
        if len(problems) == 1:
            lines = list(problems)
        super().__init__("\n    ".join(lines))


@dataclass(frozen=True, slots=True)
class Document:
    """One object of a file, and where it is: `FILE, document 3`, and which item of a List."""

    where: str
    body: dict[str, Any]

    @property
    def name(self) -> str:
        """What it calls itself, as in `Deployment web`; "" if it does not."""
        name = ""
        if isinstance(self.body.get("metadata"), dict):
            name = self.body["metadata"].get("name") or ""
        return f"{self.body.get('kind') or ''} {name}".strip()


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was applied: the number of objects of each kind by class, the most frequent kind first; and what was not."""

    simulated: dict[str, int] = field(default_factory=dict)
    inert: dict[str, int] = field(default_factory=dict)
    problems: tuple[str, ...] = ()

    def __str__(self) -> str:
        """`loaded 61 objects: 14 simulated, 47 inert (ConfigMap 12, ...)`."""
        simulated, inert = sum(self.simulated.values()), sum(self.inert.values())
        named = [f"{kind} {number}" for kind, number in self.inert.items()]
        if len(named) > SHOWN:
            named = [*named[: SHOWN - 1], f"{len(named) - SHOWN + 1} more kinds"]
        kinds = f" ({', '.join(named)})" * bool(named)
        return f"loaded {simulated + inert} objects: {simulated} simulated, {inert} inert{kinds}"


def check(paths: Sequence[Path]) -> Loaded:
    """Return what a cluster would be loaded with, with everything that is wrong."""
    return _apply(Cluster(Stepped()), paths, "default")


def load(cluster: Cluster, paths: Sequence[Path], namespace: str = "default") -> Loaded:
    """Create all objects of files, folders and globs; raises ManifestError with everything that is wrong.

    A folder stands for its files, but not for those in folders inside of it, as in `kubectl apply -f`; the glob
    `folder/**` stands for those too. `namespace` is the one of an object that names none.
    """
    loaded = _apply(cluster, paths, namespace)
    if loaded.problems:
        raise ManifestError(loaded.problems)
    return loaded


def _apply(cluster: Cluster, paths: Sequence[Path], namespace: str) -> Loaded:
    problems: list[str] = []
    documents = [each for path in paths for file in _files(path, problems) for each in _documents(file, problems)]
    if paths and not documents and not problems:
        problems.append(f"{', '.join(map(str, paths))}: there is no object in it")
    # Definitions come first, as in whichever order they are written, a custom resource is of the kind they define.
    documents.sort(key=lambda document: document.body.get("kind") != DEFINITION.name)
    made: dict[tuple[str, str, str], Stored] = {}
    for document in documents:
        try:
            one = cluster.apply(document.body, namespace)
            made[one.kind.full, one.namespace, one.name] = one
        except Exception as error:  # noqa: BLE001  # whatever a manifest does to the simulation is said of the manifest
            problems += [f"{document.where}, {document.name}: {why}" for why in _reasons(error)]
    simulated = _counted(each for each in made.values() if _simulated(each))
    return Loaded(simulated, _counted(each for each in made.values() if not _simulated(each)), tuple(problems))


def _simulated(obj: Stored) -> bool:
    return obj.kind.simulated and not runs_to_an_end(obj.kind, obj.body)


def _counted(objects: Iterator[Stored]) -> dict[str, int]:
    counts = Counter(each.kind.name for each in objects)
    return dict(sorted(counts.items(), key=lambda count: (-count[1], count[0])))


def _reasons(error: Exception) -> Iterator[str]:
    """Yield what is wrong with a document, field by field if it is known."""
    if isinstance(error, Refused):
        causes = (error.status.get("details") or {}).get("causes") or ()
        yield from (f"{cause['field']}: {cause['message']}" for cause in causes)
        if not causes:
            yield str(error)
    elif isinstance(error, ValueError):
        yield str(error)
    else:
        yield f"it cannot be read as what it says it is: {error!r}"


def _files(path: Path, problems: list[str]) -> list[Path]:
    """Return the files that a path stands for."""
    if path == STDIN or path.is_file():
        return [path]
    if path.is_dir():
        found = [each for each in path.iterdir() if each.is_file()]
    else:
        # Not Path.glob: before Python 3.13 it finds no files by `**`.
        found = [file for file in map(Path, glob.glob(str(path), recursive=True)) if file.is_file()]  # noqa: PTH207
    files = sorted(each for each in found if each.suffix in SUFFIXES)
    if not files:
        problems.append(f"{path}: there is no such file, and no folder or glob with {', '.join(SUFFIXES)} files")
    return files


def _documents(path: Path, problems: list[str]) -> Iterator[Document]:
    """Yield each object of a file, also those of a List."""
    import yaml  # type: ignore[import-untyped]  # PyYAML has no types; here, as a cluster without files needs none

    where = str(path)
    if path == STDIN:
        where = "standard input"
    try:
        for number, found in enumerate(_parsed(path, yaml), 1):
            yield from _objects(f"{where}, document {number}", found, problems)
    except (yaml.YAMLError, OSError, ValueError, RecursionError) as error:
        problems.append(f"{where}: {_unreadable(error)}")


def _parsed(path: Path, yaml: Any) -> list[Any]:
    if path.suffix == ".json":
        return [decode(path.read_bytes())]
    read = path.read_bytes
    if path == STDIN:
        read = sys.stdin.buffer.read
    return list(yaml.load_all(read(), Loader=_loader(yaml)))


def _loader(yaml: Any) -> Any:
    """Return PyYAML's loader without what kubectl does not read: dates, and `=` as a value of its own."""
    base = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    foreign = ("tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:value")
    kept = {
        first: [(tag, shape) for tag, shape in resolvers if tag not in foreign]
        for first, resolvers in base.yaml_implicit_resolvers.items()
    }
    return type("Loader", (base,), {"yaml_implicit_resolvers": kept})


def _objects(where: str, found: Any, problems: list[str]) -> Iterator[Document]:
    if found is None:
        return
    body = _plain(found)
    if not isinstance(body, dict):
        problems.append(f"{where}: it is no object")
    elif str(body.get("kind", "")).endswith("List") and isinstance(body.get("items"), list):
        for number, item in enumerate(body["items"], 1):
            yield from _objects(f"{where}, item {number}", item, problems)
    else:
        yield Document(where, body)


def _plain(value: Any) -> Any:
    """Return a value as JSON has it: every key is a text."""
    if isinstance(value, dict):
        return {_key(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value


def _key(key: Any) -> str:
    if isinstance(key, bool):
        return str(key).lower()
    return str(key)


def _unreadable(error: Exception) -> str:
    """Say what is wrong with a file; a template of Helm is the most frequent one."""
    said = " ".join(str(error).split())
    if "{{" in said or "unhashable" in said:
        return f"{said} (is it a template of Helm? render it: helm template CHART | kubechaos check -)"
    return said
