"""The objects of the cluster, with their versions and their history, as in etcd."""
