"""One module per subcommand of `manage.py markets`: a file adds a subcommand.

What a module offers is said in `apps.core.subcommands`.
"""
