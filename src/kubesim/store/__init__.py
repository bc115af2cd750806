"""What the cluster knows: objects, their versions and their history."""
