"""SQL that reads or copies whole tables: the audit, backups and the move to another database. Written by hand."""
