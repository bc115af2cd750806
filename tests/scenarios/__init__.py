"""What is done to a cluster, as scripts of API calls, and what its API then publishes: on any cluster."""
