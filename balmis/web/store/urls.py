"""Addresses: The store."""

from django.urls import path

from balmis.web.store import deliveries, excursions, fridges, moves, shelf, trade_items

urlpatterns = [
    path("store/<slug:slug>/", shelf.choose, name="store-choose"),
    path("store/<slug:slug>/<slug:site>/", shelf.show, name="store"),
    path("store/<slug:slug>/<slug:site>/hold/", shelf.hold, name="store-hold"),
    path("store/<slug:slug>/<slug:site>/release/", shelf.release, name="store-release"),
    path("store/<slug:slug>/<slug:site>/appeal/", shelf.appeal, name="store-appeal"),
    path("store/<slug:slug>/<slug:site>/appeal/answer/", shelf.answer, name="store-answer"),
    path("store/<slug:slug>/<slug:site>/vial/", shelf.end_vial, name="store-vial"),
    path("store/<slug:slug>/<slug:site>/receive/", deliveries.deliveries, name="store-receive"),
    path("store/<slug:slug>/<slug:site>/code/", trade_items.code, name="trade-item"),
    path(
        "store/<slug:slug>/<slug:site>/code/forget/", trade_items.forget, name="trade-item-forget"
    ),
    path("store/<slug:slug>/<slug:site>/order/", deliveries.order, name="order"),
    path("store/<slug:slug>/<slug:site>/close/", shelf.close, name="store-close"),
    path("store/<slug:slug>/<slug:site>/recipients.csv", shelf.recipients_data, name="recipients"),
    path("store/<slug:slug>/<slug:site>/moves/", moves.show, name="moves"),
    path("store/<slug:slug>/<slug:site>/moves/promise/", moves.promise, name="promise"),
    path("store/<slug:slug>/<slug:site>/moves/transfer/", moves.transfer, name="transfer"),
    path("store/<slug:slug>/<slug:site>/moves/discard/", moves.discard, name="discard"),
    path("store/<slug:slug>/<slug:site>/prepare/", moves.prepare, name="prepare"),
    path("store/<slug:slug>/<slug:site>/fridges/", fridges.show_all, name="fridges"),
    path("store/<slug:slug>/<slug:site>/fridges/keep/", fridges.keep, name="keep-fridge"),
    path("store/<slug:slug>/<slug:site>/fridge/<slug:code>/", fridges.show, name="fridge"),
    path(
        "store/<slug:slug>/<slug:site>/fridge/<slug:code>/read/", fridges.read, name="fridge-read"
    ),
    path(
        "store/<slug:slug>/<slug:site>/fridge/<slug:code>/change/",
        fridges.change,
        name="fridge-change",
    ),
    path(
        "store/<slug:slug>/<slug:site>/fridge/<slug:code>/readings.csv",
        fridges.data,
        name="fridge-data",
    ),
    path(
        "store/<slug:slug>/<slug:site>/fridge/<slug:code>/<str:theme>.svg",
        fridges.chart,
        name="fridge-chart",
    ),
    path(
        "store/<slug:slug>/<slug:site>/excursion/<int:key>/", excursions.excursion, name="excursion"
    ),
]
