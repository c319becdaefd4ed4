"""An application that only tests install: it enqueues a job and logs in it."""
