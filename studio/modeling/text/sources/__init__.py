"""Where text models come from: folders, caches, packages, the hub."""
