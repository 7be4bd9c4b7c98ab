"""Addresses: The coordination desk."""

from django.urls import path

from balmis.web.coordination import (
    area_stock,
    courses,
    deferrals,
    due,
    messages,
    openings,
    overview,
    person,
    sessions,
)

urlpatterns = [
    path("coordination/", overview.desk, name="coordination"),
    path("coordination/<slug:slug>/", overview.show_overview, name="overview"),
    path(
        "coordination/<slug:slug>/doses-<str:theme>.svg", overview.doses_chart, name="doses-chart"
    ),
    path("coordination/<slug:slug>/doses.csv", overview.doses_data, name="doses-data"),
    path("coordination/<slug:slug>/days/", overview.days, name="days"),
    path("coordination/<slug:slug>/days/<str:day>/", overview.day_report, name="day-report"),
    path("coordination/<slug:slug>/due/", due.due, name="due"),
    path("coordination/<slug:slug>/courses/", courses.courses, name="courses"),
    path("coordination/<slug:slug>/put-off/", deferrals.put_off, name="put-off"),
    path("coordination/<slug:slug>/due.csv", due.due_data, name="due-data"),
    path("coordination/<slug:slug>/person/", person.show, name="person"),
    path("coordination/<slug:slug>/sessions/", sessions.show_all, name="sessions"),
    path("coordination/<slug:slug>/sessions/new/", sessions.plan, name="plan-session"),
    path("coordination/<slug:slug>/sessions/<int:key>/", sessions.show, name="session"),
    path(
        "coordination/<slug:slug>/sessions/<int:key>/publish/",
        sessions.publish,
        name="publish-session",
    ),
    path(
        "coordination/<slug:slug>/sessions/<int:key>/unserved/",
        sessions.move_those_unserved,
        name="move-unserved",
    ),
    path(
        "coordination/<slug:slug>/sessions/<int:key>/change/",
        sessions.change,
        name="change-session",
    ),
    path("coordination/<slug:slug>/openings/", openings.show, name="openings"),
    path("coordination/<slug:slug>/openings/<int:key>/", openings.close, name="close-opening"),
    path("coordination/<slug:slug>/messages/", messages.show, name="messages"),
    path("coordination/<slug:slug>/messages/again/", messages.send_again, name="send-again"),
    path("coordination/<slug:slug>/plan/", overview.revisions, name="revisions"),
    path("coordination/<slug:slug>/cold-chain/", area_stock.cold_chain, name="cold-chain"),
    path("coordination/<slug:slug>/goods/", area_stock.goods, name="goods"),
    path("coordination/<slug:slug>/goods.csv", area_stock.goods_data, name="goods-data"),
    path("coordination/<slug:slug>/wastage.csv", area_stock.wastage_data, name="wastage-data"),
    path(
        "coordination/<slug:slug>/excursions.csv", area_stock.excursion_data, name="excursion-data"
    ),
]
