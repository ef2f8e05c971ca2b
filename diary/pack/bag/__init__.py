"""BagIt manifests and the zip archive of a pack."""
