"""Addresses of the benchmarks' pages and their twins."""

from __future__ import annotations

from django.urls import path

from apps.benchmarks.web import actions, evidence, leaderboard, models, runs, tasks

_RUN = "runs/<uuid:run_id>"

urlpatterns = [
    path("leaderboard/", leaderboard.default_leaderboard, name="default_leaderboard"),
    path("leaderboard/<slug:slug>/", leaderboard.leaderboard_page, name="leaderboard"),
    path("leaderboard/<slug:slug>.json", leaderboard.leaderboard_json),
    path("leaderboard/<slug:slug>.csv", leaderboard.leaderboard_csv),
    path(
        "leaderboard/<slug:slug>/<uuid:model_id>/",
        evidence.evidence_page,
        name="evidence",
    ),
    path("leaderboard/<slug:slug>/<uuid:model_id>.json", evidence.evidence_json),
    path("leaderboard/<slug:slug>/<uuid:model_id>.csv", evidence.evidence_csv),
    path("runs/", runs.run_list, name="runs"),
    path("runs.json", runs.run_list_json),
    path("runs.csv", runs.run_list_csv),
    path("runs/new/", actions.new_run, name="new_run"),
    path(f"{_RUN}/", runs.run_page, name="run"),
    path(f"{_RUN}.json", runs.run_json),
    path(f"{_RUN}.csv", runs.run_csv),
    path(f"{_RUN}/cancel/", actions.cancel, name="cancel_run"),
    path(f"{_RUN}/resume/", actions.resume, name="resume_run"),
    path(f"{_RUN}/samples/<uuid:result_id>/", runs.sample_page, name="sample"),
    path("models/<uuid:model_id>/", models.model_page, name="model"),
    path("models/<uuid:model_id>/history.json", models.history_json),
    path("models/<uuid:model_id>/history.csv", models.history_csv),
    path("suites/", tasks.suite_list, name="suites"),
    path("suites.json", tasks.suite_list_json),
    path("suites.csv", tasks.suite_list_csv),
    path("suites/<slug:slug>.json", tasks.suite_json),
    path("suites/<slug:slug>.csv", tasks.suite_csv),
    path("suites/<slug:slug>/", tasks.suite_page, name="suite"),
    path("tasks/<uuid:task_id>.json", tasks.task_json),
    path("tasks/<uuid:task_id>.csv", tasks.task_csv),
    path("tasks/<uuid:task_id>/", tasks.task_page, name="task"),
]
