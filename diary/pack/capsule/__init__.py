"""A capsule: which opened records a pack is made from, built on the phone's side and read by the worker."""
