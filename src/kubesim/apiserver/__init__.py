"""The API server without HTTP: defaults, validation, and all writes to the store."""
