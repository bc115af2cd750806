"""The way to the API server: kubeconfig, credentials, TLS, HTTP, and answers as our own errors."""
