from __future__ import annotations

from django.core.checks import registry, run_checks
from django.test import override_settings

from apps.benchmarks.checks import check_sandbox


def test_a_machine_without_a_sandbox_is_warned_that_nothing_is_graded() -> None:
    with override_settings(SANDBOX_TIER="Z"):
        (warning,) = check_sandbox(None)
    assert warning.id == "assay.W004"
    assert "No sandbox works here" in warning.msg
    assert "ASSAY_SANDBOX_TIER=none" in (warning.hint or "")


def test_a_machine_that_runs_no_benchmarks_is_not_warned() -> None:
    with override_settings(SANDBOX_TIER="none"):
        assert check_sandbox(None) == []


def test_a_shared_database_asks_for_a_key_that_is_not_generated() -> None:
    shared = {"SECRET_KEY_IS_GENERATED": True, "USES_EMBEDDED_DATABASE": False}
    with override_settings(**shared):
        found = run_checks(tags=["assay"], include_deployment_checks=True)
    assert "assay.E001" in {message.id for message in found}


def test_the_checks_of_every_app_are_registered() -> None:
    assert "assay" in registry.registry.tags_available(deployment_checks=True)
    with override_settings(SANDBOX_TIER="Z"):
        found = run_checks(tags=["assay"], include_deployment_checks=True)
    assert "assay.W004" in {message.id for message in found}
