"""BagIt manifests and the zip around a pack."""
