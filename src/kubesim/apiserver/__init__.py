"""What the API server does with a call, however it came: the only writers of the store."""
