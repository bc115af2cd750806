"""Why something is as it is: a code for programs, a sentence for people."""

from typing import Final

from msgspec import Struct


class Cause(Struct, frozen=True):
    """Why: `code` is an alert's name, Kubernetes' own reason or a phase, in CamelCase; `text` is the sentence.

    The code stays when the sentence is reworded; both are "" where there is no cause.
    """

    code: str
    text: str


ALERTS: Final = {
    "ErrImagePull": "ImagePullBackOff",
    "ImagePullBackOff": "ImagePullBackOff",
    "InvalidImageName": "ImagePullBackOff",
    "ErrImageNeverPull": "ImagePullBackOff",
    "CrashLoopBackOff": "CrashLoopBackOff",
    "CreateContainerConfigError": "CreateContainerConfigError",
    "OOMKilled": "OOMKilled",
}
"""The alert that each reason of a container is worth."""


def quoted(sentence: str, default: str = "") -> Cause:
    """Return what Kubernetes says as "Reason: message" with its reason as the code; `default` where it names none."""
    reason, colon, _ = sentence.partition(":")
    return Cause(reason if colon and reason.isalnum() else default, sentence)
