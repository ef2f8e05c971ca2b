"""Reference client: everything a phone does, without a screen. The demo, tests and benchmarks use it."""
