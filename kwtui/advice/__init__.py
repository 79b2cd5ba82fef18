"""From demands and measured figures to a backup strategy, with its arithmetic. Pure."""
