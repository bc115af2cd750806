"""The scheduler and the kubelet: pods are placed on nodes, started, probed and stopped."""
