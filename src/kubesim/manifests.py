"""Manifest files: read, checked, and applied in their order."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from .cluster import Cluster
from .store.refusals import Refused


class ManifestError(ValueError):
    """A manifest that is not supported; the message has its file, document and field."""


def documents(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the place of each document of a file, and the document; raises ManifestError."""
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
    """Create all objects of the files; raises ManifestError for the first one that is not supported."""
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
