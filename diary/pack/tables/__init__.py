"""CSV files of a pack, and the table cells that they share with the documents."""
