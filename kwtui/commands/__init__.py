"""What `kwtui.cli` runs: one module a group of commands, all on the Controller."""
