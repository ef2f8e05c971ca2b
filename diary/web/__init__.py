"""HTTP in, HTTP out: what may be asked by whom, and how it is answered."""
