"""Accounts: enrolment, sign-in, sessions, key rotation and protection against guessing."""
