"""Causes: a code for programs and a sentence for people."""

from typing import Final

from msgspec import Struct


class Cause(Struct, frozen=True):
    """Why something is as it is.

    code: the name of an alert, a reason of Kubernetes or a phase, in CamelCase; "" if there is no cause. It stays when
        the sentence is reworded.
    text: the sentence; "" if there is no cause.
    """

    code: str
    text: str


# The reasons of images are those of the kubelet's pkg/kubelet/images/types.go. It alternates between ErrImagePull and
# ImagePullBackOff while it retries, so one alert stands for both.
ALERTS: Final = {
    "ErrImagePull": "ImagePullBackOff",
    "ImagePullBackOff": "ImagePullBackOff",
    "InvalidImageName": "ImagePullBackOff",
    "ErrImageNeverPull": "ImagePullBackOff",
    "CrashLoopBackOff": "CrashLoopBackOff",
    "CreateContainerConfigError": "CreateContainerConfigError",
    "OOMKilled": "OOMKilled",
}
"""The name of the alert on each reason of a container; other reasons have none."""


def quoted(sentence: str, default: str = "") -> Cause:
    """Return a "Reason: message" of Kubernetes as a cause: its code is the reason, or `default` if there is none."""
    reason, colon, _ = sentence.partition(":")
    if colon and reason.isalnum():
        return Cause(reason, sentence)
    return Cause(default, sentence)
