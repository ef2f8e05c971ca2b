"""The reference client: everything a phone does, without a screen. The demo, tests and benches use it."""
