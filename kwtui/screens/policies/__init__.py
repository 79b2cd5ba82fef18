"""The policies: when they run, how they went; making, changing, checking and running them."""
