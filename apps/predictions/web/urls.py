"""Addresses of the predictions' pages and their twins."""

from __future__ import annotations

from django.urls import path

from apps.predictions.web import (
    askings,
    board,
    experiment,
    lists,
    live,
    market,
    new_asking,
    prediction,
)

_ONE = "predictions/<uuid:prediction_id>"
_ASKING = "predictions/askings/<uuid:asking_id>"
_EXPERIMENT = "predictions/experiments/<uuid:experiment_id>"

urlpatterns = [
    path("predictions/", board.board_page, name="predictions"),
    path("predictions.json", board.board_json),
    path("predictions.csv", board.board_csv),
    path("predictions/all/", lists.prediction_list, name="prediction_list"),
    path("predictions/all.json", lists.prediction_list_json),
    path("predictions/all.csv", lists.prediction_list_csv),
    path("predictions/live/", live.live_page, name="live"),
    path("predictions/live.json", live.live_json),
    path("predictions/live.csv", live.live_csv),
    path("predictions/askings/", askings.asking_list, name="askings"),
    path("predictions/askings.json", askings.asking_list_json),
    path("predictions/askings.csv", askings.asking_list_csv),
    path("predictions/askings/new/", new_asking.new_asking, name="new_asking"),
    path(f"{_ASKING}/", askings.asking_page, name="asking"),
    path(f"{_ASKING}.json", askings.asking_json),
    path(f"{_ASKING}.csv", askings.asking_csv),
    path(f"{_ASKING}/cancel/", askings.cancel, name="cancel_asking"),
    path(f"{_ASKING}/resume/", askings.resume, name="resume_asking"),
    path(f"{_EXPERIMENT}/", experiment.experiment_page, name="experiment"),
    path(f"{_EXPERIMENT}/publish/", experiment.publish, name="publish_experiment"),
    path(f"{_EXPERIMENT}.json", experiment.experiment_json),
    path(f"{_EXPERIMENT}.csv", experiment.experiment_csv),
    path("markets/<uuid:market_id>/", market.market_page, name="market"),
    path("markets/<uuid:market_id>.json", market.market_json),
    path("markets/<uuid:market_id>.csv", market.market_csv),
    path(f"{_ONE}/", prediction.prediction_page, name="prediction"),
    path(f"{_ONE}.json", prediction.prediction_json),
    path(f"{_ONE}.csv", prediction.prediction_csv),
    path(f"{_ONE}/pause/", prediction.pause, name="pause_prediction"),
    path(f"{_ONE}/resume/", prediction.resume, name="resume_prediction"),
]
