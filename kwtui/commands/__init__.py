"""What `kwtui.cli` runs, a module for each command, on the Controller. Never Textual."""
