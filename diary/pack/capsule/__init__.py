"""Capsules: the decrypted records from which a pack is made, built on the phone's side and read by the worker."""
