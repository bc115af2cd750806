"""Manifest files: read, checked, and applied in the order in which they stand."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from .cluster import Cluster
from .store.refusals import Refused


class ManifestError(ValueError):
    """A manifest that the simulation does not support; says which file, document and field."""


def documents(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield where each document of a file stands, and what it says; raises ManifestError."""
    import yaml  # type: ignore[import-untyped]  # PyYAML has no types; here, as a cluster without files needs none

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        found = list(yaml.load_all(path.read_bytes(), Loader=loader))
    except (yaml.YAMLError, OSError) as error:
        raise ManifestError(f"{path}: {error}") from error
    for number, document in enumerate(found, 1):
        if document is None:
            continue
        where = f"{path}, document {number}"
        if not isinstance(document, dict):
            raise ManifestError(f"{where}: it is no object")
        yield where, document


def apply(cluster: Cluster, paths: Sequence[Path]) -> None:
    """Create everything that the files say; raises ManifestError for the first thing that is not supported."""
    for path in paths:
        for where, document in documents(path):
            try:
                cluster.apply(document)
            except Refused as refused:
                raise ManifestError(f"{where}: {refused}") from refused
            except ValueError as error:
                raise ManifestError(f"{where}: {error}") from error
            except (KeyError, TypeError, AttributeError) as error:
                raise ManifestError(f"{where}: it is no {document.get('kind')}: {error!r}") from error
