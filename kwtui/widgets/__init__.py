"""What screens share: widgets, paint, themes. Never the Controller."""
