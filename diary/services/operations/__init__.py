"""Operating a server: backups, `doctor`, the closing of the server, and limits shared by workers."""
