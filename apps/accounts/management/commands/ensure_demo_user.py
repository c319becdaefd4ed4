"""`manage.py ensure_demo_user`: the first sign-in of an installation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from apps.accounts.services.demo import (
    DEMO_EMAIL,
    ensure_demo_user,
    reset_demo_password,
)

if TYPE_CHECKING:
    from django.core.management.base import CommandParser


class Command(BaseCommand):
    """Create the demo operator once and show its password that once."""

    help = "Create the demo operator of a fresh installation, or reset its password."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the wish for a new password."""
        parser.add_argument(
            "--reset", action="store_true", help="give it a new random password"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Say how to sign in."""
        password = reset_demo_password() if options["reset"] else ensure_demo_user()
        if password:
            self.stdout.write(f"Sign in as {DEMO_EMAIL} with the password {password}")
            self.stdout.write("(shown this once; only its hash is stored)")
        elif options["reset"]:
            raise CommandError(f"{DEMO_EMAIL} does not exist here.")
        else:
            self.stdout.write(
                f"Sign in as {DEMO_EMAIL}; "
                "for a new password: manage.py ensure_demo_user --reset"
            )
