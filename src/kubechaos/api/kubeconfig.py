"""Kubeconfig files, read as kubectl reads them: merged, with paths relative to the file that they stand in.

The rules: https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/#merging-kubeconfig-files
"""

import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

from msgspec import Struct, convert, field

from ..errors import KubeconfigError, UnknownContextError
from .secrets import Private

ADVICE: Final = "set KUBECONFIG, or use --chaos-context in-cluster inside a pod"
EntryT = TypeVar("EntryT")


class Extension(Private, Struct):
    """Something of another tool's in a kubeconfig."""

    name: str
    extension: Any = None


class Cluster(Private, Struct, rename="kebab"):
    """The `cluster` of a kubeconfig's entry in `clusters`."""

    server: str = ""
    certificate_authority: str = ""
    certificate_authority_data: str = ""
    insecure_skip_tls_verify: bool = False
    tls_server_name: str = ""
    proxy_url: str = ""
    extensions: list[Extension] = []  # msgspec copies an empty default for each value


class Variable(Private, Struct):
    """An environment variable of an exec plugin."""

    name: str = ""
    value: str = ""


class Exec(Private, Struct, rename="camel"):
    """The `exec` of a user."""

    command: str = ""
    api_version: str = ""
    args: list[str] = []
    env: list[Variable] = []
    install_hint: str = ""
    provide_cluster_info: bool = False
    interactive_mode: str = ""


class AuthProvider(Private, Struct):
    """The `auth-provider` of a user: what exec plugins have replaced."""

    name: str = ""


class User(Private, Struct, rename="kebab"):
    """The `user` of a kubeconfig's entry in `users`."""

    client_certificate: str = ""
    client_certificate_data: str = ""
    client_key: str = ""
    client_key_data: str = ""
    token: str = ""
    token_file: str = field(default="", name="tokenFile")
    username: str = ""
    password: str = ""
    exec: Exec | None = None
    auth_provider: AuthProvider | None = None
    as_user: str = field(default="", name="as")
    as_uid: str = ""
    as_groups: list[str] = []
    as_user_extra: dict[str, list[str]] = {}


class Context(Private, Struct):
    """The `context` of a kubeconfig's entry in `contexts`."""

    cluster: str = ""
    user: str = ""
    namespace: str = ""


class _NamedCluster(Private, Struct):
    name: str
    cluster: Cluster = field(default_factory=Cluster)


class _NamedUser(Private, Struct):
    name: str
    user: User = field(default_factory=User)


class _NamedContext(Private, Struct):
    name: str
    context: Context = field(default_factory=Context)


class _File(Private, Struct, rename="camel"):
    api_version: str = "v1"
    kind: str = "Config"
    clusters: list[_NamedCluster] = []
    users: list[_NamedUser] = []
    contexts: list[_NamedContext] = []


class Kubeconfig(NamedTuple):
    """All kubeconfig files merged.

    `sources` are the files that were asked for, and `missing` those of them that do not exist; `origins` has the file
    that defines each context.
    """

    sources: tuple[str, ...]
    missing: tuple[str, ...]
    contexts: Mapping[str, Context]
    origins: Mapping[str, str]
    clusters: Mapping[str, Cluster]
    users: Mapping[str, User]

    @property
    def named(self) -> str:
        """The files, as they are named in messages."""
        files = os.pathsep.join(self.sources)
        return f"{files} (there is no {', no '.join(self.missing)})" if self.missing else files

    def entry(self, context: str) -> tuple[Context, Cluster, User]:
        """Return a context with its cluster and its user; raises UnknownContextError or KubeconfigError."""
        if context not in self.contexts:
            known = ", ".join(sorted(self.contexts)) or "none"
            raise UnknownContextError(f"no context {context!r} in the kubeconfig {self.named}; there are: {known}")
        found = self.contexts[context]
        for section, key, name in (("clusters", "cluster", found.cluster), ("users", "user", found.user)):
            # kubectl would go on with an empty user, that is, as system:anonymous, and report a confusing 403.
            if name and name not in getattr(self, section):
                raise KubeconfigError(
                    f"kubeconfig {self.named}, context {context!r}: its {key} {name!r} is not in {section}"
                )
        return found, self.clusters.get(found.cluster, Cluster()), self.users.get(found.user, User())


def paths(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the files that kubectl would read: those of KUBECONFIG, or ~/.kube/config where it is unset or empty.

    They are absolute: a test may change the current folder before the credentials are read again. Raises
    KubeconfigError where no file is named.
    """
    named = environment.get("KUBECONFIG")
    if not named:
        return (str(_home() / ".kube" / "config"),)
    files = tuple(dict.fromkeys(str(Path(path).absolute()) for path in named.split(os.pathsep) if path))
    if not files:
        raise KubeconfigError(f"KUBECONFIG is {named!r}, which names no file; {ADVICE}")
    return files


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError as error:
        raise KubeconfigError(f"there is no home folder to look for .kube/config in: {error}; {ADVICE}") from None


def load(sources: Iterable[str]) -> Kubeconfig:
    """Read files and merge them.

    A file that does not exist is skipped, unless none does. Raises KubeconfigError naming the file and the place in it.
    """
    # "If two files specify a red-user, use only values from the first file's red-user. Even if the second file has
    # non-conflicting entries under red-user, discard them." (kubectl's page, see above)
    named = tuple(sources)
    read = {path: _read(Path(path)) for path in named}
    files = {path: file for path, file in read.items() if file is not None}
    if not files:
        raise KubeconfigError(f"kubeconfig {':'.join(named)} cannot be read: there is no such file; {ADVICE}")
    return Kubeconfig(
        named,
        tuple(path for path in named if path not in files),
        _first((each.name, each.context) for file in files.values() for each in file.contexts),
        _first((each.name, path) for path, file in files.items() for each in file.contexts),
        _first((each.name, each.cluster) for file in files.values() for each in file.clusters),
        _first((each.name, each.user) for file in files.values() for each in file.users),
    )


def _first(entries: Iterable[tuple[str, EntryT]]) -> dict[str, EntryT]:
    merged: dict[str, EntryT] = {}
    for name, entry in entries:
        merged.setdefault(name, entry)
    return merged


def _read(path: Path) -> _File | None:
    """Read one file, None if it does not exist.

    Its relative paths are made absolute: after the merge nobody knows which file they came from.
    """
    try:
        file = convert(_without_nulls(_parsed(path.read_bytes()) or {}), _File)
        _check(file)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        raise KubeconfigError(f"kubeconfig {path} cannot be read: {error}; {ADVICE}") from None
    folder = path.absolute().parent
    for each in file.clusters:
        each.cluster.certificate_authority = _resolved(each.cluster.certificate_authority, folder)
    for one in file.users:
        _resolve_user(one.user, folder)
    return file


def _parsed(data: bytes) -> Any:
    """Return the content of a YAML or JSON file; raises ValueError, which never quotes it, as it may hold secrets."""
    import yaml  # type: ignore[import-untyped]  # PyYAML has no types; here, as a service account needs none

    if data.lstrip().startswith(b"{"):
        # JSON may be indented by tabs, which YAML does not allow.
        with suppress(ValueError, RecursionError):
            return json.loads(data)
    try:
        return yaml.safe_load(data)
    except yaml.MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise ValueError(f"it is no YAML{line}: {error.problem}") from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise ValueError("it is no text in UTF-8") from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _without_nulls(value: Any) -> Any:
    """Return the value without keys that are null; as in Go's encoding/json, they mean the same as missing ones."""
    if isinstance(value, dict):
        return {key: _without_nulls(each) for key, each in value.items() if each is not None}
    if isinstance(value, list):
        return [_without_nulls(each) for each in value]
    return value


def _check(file: _File) -> None:
    if (file.api_version or "v1", file.kind or "Config") != ("v1", "Config"):
        raise ValueError(f"it is a {file.kind or 'Config'} of {file.api_version or 'v1'}, not a Config of v1")
    for section in ("clusters", "users", "contexts"):
        names = [each.name for each in getattr(file, section)]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"{section} has {twice[0]!r} twice")


def _resolve_user(user: User, folder: Path) -> None:
    user.client_certificate = _resolved(user.client_certificate, folder)
    user.client_key = _resolved(user.client_key, folder)
    user.token_file = _resolved(user.token_file, folder)
    # As in a shell, a command without a slash is looked for in PATH.
    if user.exec is not None and os.sep in user.exec.command:
        user.exec.command = _resolved(user.exec.command, folder)


def _resolved(path: str, folder: Path) -> str:
    return str(folder / path) if path else ""
