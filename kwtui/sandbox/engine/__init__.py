"""The engine: data, snapshots, sessions, names, jobs. Never a handler of a statement."""
