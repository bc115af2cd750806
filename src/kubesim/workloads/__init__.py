"""Deployments and ReplicaSets: how many pods of which template there are."""
