"""Bring up a real Kubernetes of several nodes on one Linux machine without Docker."""
