"""The embedded PostgreSQL and Valkey, and the processes of one machine.

Nothing here imports Django: `manage.py` decides about servers before settings load.
"""
