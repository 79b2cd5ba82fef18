"""The command line as argparse sees it. Never loads what a command needs."""
