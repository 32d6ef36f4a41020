"""One file a command or a pair of them; each command takes its options and an `Output`."""
