"""Addresses: The safety desk, the reaction at the chair, the teams."""

from django.urls import path

from balmis.web.safety import (
    assessments,
    cases,
    diary_calls,
    hold_orders,
    reaction,
    reports,
    response_teams,
    signals,
)

urlpatterns = [
    path("clinic/<slug:slug>/<slug:site>/reaction/<int:visit>/", reaction.show, name="reaction"),
    path(
        "clinic/<slug:slug>/<slug:site>/reaction/<int:visit>/note/",
        reaction.note,
        name="reaction-note",
    ),
    path(
        "clinic/<slug:slug>/<slug:site>/reaction/<int:visit>/call/",
        reaction.call,
        name="reaction-call",
    ),
    path(
        "clinic/<slug:slug>/<slug:site>/reaction/<int:visit>/handover/",
        reaction.hand_over,
        name="handover",
    ),
    path(
        "clinic/<slug:slug>/<slug:site>/reaction/<int:visit>/handover.pdf",
        reaction.hand_over_pdf,
        name="handover-pdf",
    ),
    path("safety/<slug:slug>/", cases.inbox, name="safety"),
    path("safety/<slug:slug>/report/", reports.report, name="safety-report"),
    path("safety/<slug:slug>/case/<int:key>/", cases.show, name="case"),
    path("safety/<slug:slug>/case/<int:key>/keep/", cases.keep, name="case-keep"),
    path("safety/<slug:slug>/case/<int:key>/step/", cases.step, name="case-step"),
    path("safety/<slug:slug>/cases.<str:form>", cases.export, name="cases-export"),
    path("safety/<slug:slug>/causality/", assessments.show_all, name="assessments"),
    path("safety/<slug:slug>/causality/<int:key>/", assessments.show, name="assess"),
    path("safety/<slug:slug>/causality/<int:key>/act/", assessments.act, name="assess-act"),
    path("safety/<slug:slug>/signals/", signals.show, name="signals"),
    path("safety/<slug:slug>/signals/doses.csv", signals.denominators, name="denominators"),
    path("safety/<slug:slug>/signals/decide/", signals.decide, name="decide-signal"),
    path(
        "safety/<slug:slug>/signals/<slug:name>.<str:form>", signals.picture, name="signal-picture"
    ),
    path("safety/<slug:slug>/holds/", hold_orders.show_all, name="holds"),
    path("safety/<slug:slug>/holds/propose/", hold_orders.propose, name="propose-hold"),
    path(
        "safety/<slug:slug>/holds/appeals/answer/",
        hold_orders.answer_appeal,
        name="answer-appeal",
    ),
    path("safety/<slug:slug>/holds/<int:key>/", hold_orders.show, name="hold"),
    path("safety/<slug:slug>/holds/<int:key>/act/", hold_orders.act, name="hold-act"),
    path(
        "safety/<slug:slug>/holds/<int:key>/recipients.csv",
        hold_orders.recipients,
        name="hold-recipients",
    ),
    path("safety/<slug:slug>/diary/", diary_calls.calls, name="calls"),
    path("safety/<slug:slug>/diary/called/", diary_calls.called, name="called"),
    path("safety/<slug:slug>/teams/", response_teams.board, name="team-board"),
    path("safety/<slug:slug>/teams/act/", response_teams.act, name="team-act"),
    path("team/worker.js", response_teams.worker, name="team-worker"),
    path("team/<slug:slug>/", response_teams.card, name="team-card"),
    path("team/<slug:slug>/state/", response_teams.state, name="team-state"),
    path("team/<slug:slug>/<int:key>/tap/", response_teams.tap, name="team-tap"),
]
