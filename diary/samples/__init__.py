"""Fictional diaries, the sample pack and the training diary: code and data. All of it is made up."""
