"""One module per subcommand of `manage.py benchmarks`: a file adds a subcommand.

A module has `NAME`, `HELP`, `NEEDS_DATABASE`, `add_arguments(parser)` and
`handle(options, stdout, stderr)`, which returns an exit status or None for 0.
A module whose name begins with an underscore is not a subcommand.
"""
