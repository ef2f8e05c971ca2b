"""PDFs and text files of a pack; each Typst template is next to the module that supplies its data."""
