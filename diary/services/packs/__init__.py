"""Pack jobs: the queue and the worker process."""
