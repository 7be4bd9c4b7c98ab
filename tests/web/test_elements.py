"""Elements of pages, as templates call them."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from django.template import Context, Template
from django.test import Client

from tests import pages

MOMENT = datetime(2021, 6, 17, 0, 30, tzinfo=UTC)


def made(text: str, **values: object) -> str:
    page = Template("{% load i18n balmis tz %}" + text).render(Context(values))
    return pages.visible(page).strip()


@pytest.mark.parametrize(
    ("text", "page"),
    [
        ("{% notice %}A{% endnotice %}", '<p class="notice">A</p>'),
        (
            '{% notice "bad" role="alert" focus=True %}<p>{{ a }}</p>{% endnotice %}',
            '<div class="notice bad" role="alert" tabindex="-1" autofocus><p>&lt;b&gt;</p></div>',
        ),
        (
            '{% notice data_ended=_("late") hidden=True %}<b>{{ a }}</b>{% endnotice %}',
            '<p class="notice" data-ended="late" hidden><b>&lt;b&gt;</b></p>',
        ),
    ],
)
def test_a_notice_is_a_paragraph_or_a_box(text, page):
    assert made(text, a="<b>") == page


ROWS = "<tbody>{% for row in rows %}<tr><th>{{ row }}</th></tr>{% endfor %}</tbody>{% endtable %}"


def test_a_table_has_a_name_and_where_it_scrolls_the_region_as_well():
    by = made('{% table by="all" id=key %}' + ROWS, key="x", rows=["<"])
    assert by == (
        '<table aria-labelledby="all" class="cards-on-phones" id="x">'
        "<tbody><tr><th>&lt;</th></tr></tbody></table>"
    )
    label = made('{% table label=_("Day") cards=False scroll=True kind="list" %}' + ROWS, rows=[])
    assert label == (
        '<div aria-label="Day" class="scroll" role="region" tabindex="0">'
        '<table aria-label="Day" class="list"><tbody></tbody></table></div>'
    )
    above = made("{% table caption=name cards=False %}" + ROWS, name="<i>", rows=[])
    assert above == "<table><caption>&lt;i&gt;</caption><tbody></tbody></table>"


def test_an_empty_table_says_so_instead():
    text = '{% table by="all" of=rows empty=_("Nothing is ordered.") tone="good" %}' + ROWS

    assert made(text, rows=[]) == '<p class="notice good">Nothing is ordered.</p>'
    assert made(text, rows=["A"]).startswith("<table")


def test_a_choice_is_one_or_of_several_and_told_with_its_field():
    values = {"field": SimpleNamespace(auto_id="id_lot", errors=["none"]), "ticked": {"1234"}}
    text = '{% choice "lot" name 1234 chosen=ticked field=field %}'
    assert made(text, name="A&B", **values) == (
        '<label class="choice"><input type="checkbox" name="lot" value="1234" checked'
        ' aria-describedby="id_lot_error">A&amp;B</label>'
    )
    assert made('{% choice "lot" "A" one=True %}') == (
        '<label class="choice"><input type="radio" name="lot" value="on">A</label>'
    )


def test_clocks_say_their_moment_in_the_time_of_the_place():
    text = '{% timezone "Asia/Seoul" %}TAG{% endtimezone %}'
    at = 'datetime="2021-06-17T09:30:00+09:00"'

    since = made(text.replace("TAG", "{% clock since=at minutes=12 %}"), at=MOMENT)
    assert (
        since == f'<time class="minutes" {at} data-since={at.removeprefix("datetime=")}>12</time>'
    )
    due = made(text.replace("TAG", "{% clock due=at late=True %}"), at=MOMENT)
    assert due == f'<time {at}>17 Jun 2021 09:30</time> <span class="status bad">late</span>'
    left = made("{% clock left=754 %}")
    assert left == '<strong aria-hidden="true" data-seconds="754"></strong>'


def test_every_element_is_shown_and_its_figure_drawn(committed):
    client = Client()
    page = pages.markup(client.get("/components/"))
    for sign in ("data-seconds", "data-since", 'type="radio"', 'role="region"', "<picture>"):
        assert sign in page
    drawn = client.get("/components/light/dark.svg?size=narrow")
    assert (drawn.status_code, drawn["Content-Type"]) == (200, "image/svg+xml")
    assert client.get("/components/light/csv").content.decode("utf-8-sig").startswith("Day,Doses")
    assert client.get("/components/other/csv").status_code == 404
