"""Fictional diaries, the sample pack and the training diary: code and data. Nothing in them is real."""
