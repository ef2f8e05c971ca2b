"""SQL that controls a database: transactions, locks, pragmas, sequences and vacuum. Written by hand."""
