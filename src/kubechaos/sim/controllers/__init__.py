"""What keeps the objects as they are wanted: one reconciler a kind, each woken by changes."""
