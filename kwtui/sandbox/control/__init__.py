"""Starting, finding and stopping sandboxes from outside. Never SQL."""
