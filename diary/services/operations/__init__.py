"""Operating a server: backups, `doctor`, decommissioning, and limits shared by workers."""
