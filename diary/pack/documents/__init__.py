"""The PDFs and text files of a pack; each Typst template lies beside the module that fills it."""
