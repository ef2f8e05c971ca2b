"""The CSV files of a pack, and the table cells that pages share with them."""
