from django.urls import path

from balmis.web.views import coordination, eligibility, public, session, system

urlpatterns = [
    path("", public.home, name="home"),
    path("c/<slug:slug>/", public.show, name="public"),
    path("c/<slug:slug>/figures.json", public.figures_json, name="figures-json"),
    path("c/<slug:slug>/figures.csv", public.figures_csv, name="figures-csv"),
    path("sign-in/", session.sign_in, name="sign-in"),
    path("sign-out/", session.sign_out, name="sign-out"),
    path("coordination/", coordination.desk, name="coordination"),
    path("coordination/<slug:slug>/", coordination.show_overview, name="overview"),
    path(
        "coordination/<slug:slug>/doses-<str:theme>.svg",
        coordination.doses_chart,
        name="doses-chart",
    ),
    path("coordination/<slug:slug>/doses.csv", coordination.doses_data, name="doses-data"),
    path("coordination/<slug:slug>/days/", coordination.days, name="days"),
    path("coordination/<slug:slug>/days/<str:day>/", coordination.day_report, name="day-report"),
    path("coordination/<slug:slug>/due/", eligibility.due, name="due"),
    path("coordination/<slug:slug>/due.csv", eligibility.due_data, name="due-data"),
    path("coordination/<slug:slug>/person/", eligibility.person, name="person"),
    path("coordination/<slug:slug>/plan/", coordination.revisions, name="revisions"),
    path("components/", public.components, name="components"),
    path("health/live", system.live, name="live"),
    path("health/ready", system.ready, name="ready"),
    path("metrics", system.metrics, name="metrics"),
]
