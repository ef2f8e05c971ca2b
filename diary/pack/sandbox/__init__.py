"""Isolated processes: seccomp filter, supervisor and self-test."""
