"""The controllers of Deployments, ReplicaSets, StatefulSets and DaemonSets."""
