"""Reports: from the values of a run to JSON, lines and recordings, without any I/O."""
