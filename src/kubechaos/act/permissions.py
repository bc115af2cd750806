"""The permissions that a fault needs: the API server is asked for them before anything is touched."""

from collections.abc import Iterable
from typing import NamedTuple

from ..api.client import Client
from ..api.review import review
from ..errors import ApiError, ArgumentError, PermissionRefusedError

REVIEW = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
WHOAMI = "/apis/authentication.k8s.io/v1/selfsubjectreviews"


class Permission(NamedTuple):
    """A verb on a resource, as in an RBAC rule; on one object alone where it has a name."""

    verb: str
    resource: str
    subresource: str = ""
    group: str = ""
    name: str = ""

    def __str__(self) -> str:
        # As in a Role: "create pods/eviction", 'patch deployments.apps "web"'.
        resource = self.resource
        if self.group:
            resource += f".{self.group}"
        if self.subresource:
            resource += f"/{self.subresource}"
        if self.name:
            resource += f' "{self.name}"'
        return f"{self.verb} {resource}"


def parse(verb: str, resource: str) -> Permission:
    """Return a permission as `kubectl auth can-i` takes it: ("patch", "deployments.apps"), ("create", "pods/eviction").

    Raises ArgumentError for what is none.
    """
    path, _, subresource = resource.partition("/")
    plural, _, group = path.partition(".")
    if not verb or not plural:
        raise ArgumentError(f'needs has {(verb, resource)!r}; write a verb and a resource: ("patch", "services")')
    return Permission(verb, plural, subresource, group)


def ask(client: Client, namespace: str, permissions: Iterable[Permission]) -> None:
    """Raise PermissionRefusedError, naming verb, resource and user, unless all are allowed."""
    for permission in permissions:
        if not _allowed(client, namespace, permission):
            raise PermissionRefusedError(
                f'user "{_user(client)}" may not {permission} in namespace "{namespace}"; '
                f"nothing was touched: grant the verb in a Role, as in examples/rbac.yaml"
            )


def _allowed(client: Client, namespace: str, permission: Permission) -> bool:
    named = {name: value for name, value in permission._asdict().items() if value}
    attributes = {"namespace": namespace, "group": "", **named}
    body = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }
    answer = review(client, REVIEW, body)
    return bool(answer.get("status", {}).get("allowed", False))


def _user(client: Client) -> str:
    # Only for the message, which must come without it, too: API servers before 1.28 do not serve it.
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    try:
        answer = review(client, WHOAMI, body)
    except ApiError:
        return "unknown"
    return str(answer.get("status", {}).get("userInfo", {}).get("username", "unknown"))
