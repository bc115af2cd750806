"""May we? The API server is asked before anything is touched."""

from collections.abc import Iterable
from dataclasses import dataclass

from ..api.client import Client
from ..api.review import review
from ..errors import ApiError, PermissionRefusedError

REVIEW = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
WHOAMI = "/apis/authentication.k8s.io/v1/selfsubjectreviews"


@dataclass(frozen=True, slots=True)
class Permission:
    """A verb on a resource, as in an RBAC rule."""

    verb: str
    resource: str
    group: str = ""

    def __str__(self) -> str:
        return f"{self.verb} {self.resource}" + (f".{self.group}" if self.group else "")


def ask(client: Client, namespace: str, permissions: Iterable[Permission]) -> None:
    """Raise PermissionRefusedError, naming verb, resource and user, unless all are allowed."""
    for permission in permissions:
        if not _allowed(client, namespace, permission):
            raise PermissionRefusedError(
                f'user "{_user(client)}" may not {permission} in namespace "{namespace}"; '
                f"nothing was touched: grant the verb in a Role, as in examples/rbac.yaml"
            )


def _allowed(client: Client, namespace: str, permission: Permission) -> bool:
    resource, _, subresource = permission.resource.partition("/")
    attributes = {
        "namespace": namespace,
        "verb": permission.verb,
        "group": permission.group,
        "resource": resource,
        **({"subresource": subresource} if subresource else {}),
    }
    asked = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview"}
    answer = review(client, REVIEW, {**asked, "spec": {"resourceAttributes": attributes}})
    return bool(answer.get("status", {}).get("allowed", False))


def _user(client: Client) -> str:
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    try:
        answer = review(client, WHOAMI, body)
    except ApiError:
        return "unknown"
    return str(answer.get("status", {}).get("userInfo", {}).get("username", "unknown"))
