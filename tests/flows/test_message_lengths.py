"""Every text message in every language, with names and places as long as they come: at most two parts."""

from datetime import datetime
from itertools import product
from zoneinfo import ZoneInfo

import pytest
from django.test import override_settings
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from balmis.contexts.campaigns.plan.format import LONGEST_SENDER
from balmis.contexts.notices.models import Notice
from balmis.core.booking import short_link
from balmis.core.booking.short_link import Link
from balmis.core.notices import texts
from balmis.core.notices.length import EXTENDED, GSM, parts
from balmis.core.notices.texts import MOST_PARTS, TEXTS, plain_letters, short_name
from balmis.core.vocabulary.notices import Purpose
from balmis.flows.booking.send_notices import text_of

HOST = "https://vaccine.example-province.go.kr"
LANGUAGES = ("en", "ko", "zh-hans", "vi")
NAMES = (
    "Nguyễn Thị Phương Thảo",
    "Tôn Nữ Hoàng Thị Minh Khuê",
    "황보민서",
    "欧阳娜娜",
    "迪丽热巴·迪力木拉提",
    "Maria Alexandra Papadopoulou",
    "Wolfeschlegelsteinhausenbergerdorff",
)
PLACES = (
    ("Halla Gymnasium", "41 Janggun-ro, Seogwipo"),
    (
        "Seogwipo National Sports Center",
        "123 Hwasunseodong-ro, Andeok-myeon, Seogwipo-si, Jeju-do",
    ),
    (
        "서귀포시 국민체육센터 코로나19 예방접종센터",
        "제주특별자치도 서귀포시 안덕면 화순서동로 123, 2층 대강당",
    ),
    (
        "呼和浩特市新城区海拉尔东路街道社区卫生服务中心",
        "内蒙古自治区呼和浩特市新城区海拉尔东路18号",
    ),
    (
        "Trung tâm Y tế thành phố Móng Cái",
        "Số 15, đường Hữu Nghị, phường Hòa Lạc, thành phố Móng Cái, tỉnh Quảng Ninh",
    ),
    ("Bệnh viện Việt Nam - Thụy Điển Uông Bí", ""),
)
TITLE = {"en": "Jeju COVID-19 vaccination 2021", "vi": "Tiêm chủng COVID-19 Quảng Ninh 2021"}
SENDERS = ({}, {"en": "Jeju", "ko": "제주도청", "vi": "SYT QN"}, {"en": "S" * LONGEST_SENDER})
TIMES = (["2026-12-22T00:30:00+00:00"], ["2026-11-30T00:30:00+00:00", "2026-12-22T01:45:00+00:00"])
TOGETHER = (Purpose.BOOKED, Purpose.CHANGED, Purpose.CANCELLED, Purpose.SITE_CANCELLED)  # in pairs
EXPLAINED = (Purpose.MOVED, Purpose.SITE_CANCELLED)  # by as much as there is room for
KEY = b"k"
LINKS = {
    Purpose.BOOKED: Link(short_link.MINE, 12),
    Purpose.REGISTERED: Link(short_link.REGISTER, 300),
    Purpose.OFFER: Link(short_link.CONFIRM, 12),
    Purpose.INVITATION: Link(short_link.INVITED, 300, 12_345_678, 740_000),
    Purpose.DIARY: Link(short_link.ASKED, 300, 123_456_789),
}


def facts(purpose, name, place, *, sender=None, times=TIMES[0], shared=False, why="smaller"):
    link = LINKS.get(purpose, LINKS[Purpose.BOOKED])
    found = {
        "link": f"{HOST}/s/{short_link.write(link, KEY)}",
        "name": name,
        "shared": shared,
        "sender": sender or {},
        "campaign": TITLE,
    }
    if purpose is Purpose.CODE:
        return found | {"code": "482915", "minutes": "10"}
    if purpose in (Purpose.INVITATION, Purpose.REGISTERED, Purpose.DIARY):
        return found
    found |= {
        "times": times,
        "zone": "Asia/Seoul",
        "names": {"en": place[0]},
        "address": place[1],
    }
    if purpose in (Purpose.MOVED, Purpose.CHANGED):
        found |= {"old_times": times, "old_zone": "Asia/Seoul", "old_names": {"en": place[0]}}
    if purpose in EXPLAINED:
        found["why"] = why
    return found | ({"until": times[0]} if purpose is Purpose.OFFER else {})


def said(language, purpose, found, most=MOST_PARTS):
    with translation.override(language):
        return text_of(Notice(purpose=purpose.value, facts=found), most=most)


@pytest.mark.parametrize("purpose", TEXTS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_longer_than_two_parts(language, purpose):
    together = TIMES if purpose in TOGETHER else TIMES[:1]
    whys = texts.REASONS if purpose in EXPLAINED else ("",)
    every = product(NAMES, PLACES, SENDERS, together, (False, True), whys)
    for name, place, sender, times, shared, why in every:
        found = facts(purpose, name, place, sender=sender, times=times, shared=shared, why=why)
        text = said(language, purpose, found)
        assert parts(text) <= MOST_PARTS, text
        assert not any(
            odd in text for odd in (" ,", ", .", "；；", ",,", "  ", "()", "（）", "{", "[]")
        )
        if shared and purpose is not Purpose.CODE:
            shown = (name, short_name(name), plain_letters(name))
            assert any(n[:3] in text for n in shown), text
        if sender:
            assert any(s in text for s in sender.values()), text
        if "times" in found:
            assert found["link"] in text and text.count(":") > len(times)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("purpose", [p for p in TEXTS if p not in EXPLAINED])
def test_a_plain_message_says_all_there_is_to_say(language, purpose):
    found = facts(purpose, "An Vu", ("Hall", "1 Main St"), sender={"en": "Jeju"})
    found["link"] = "https://vax.example/s/mDA"
    assert said(language, purpose, found) == said(language, purpose, found, most=0)


def test_a_code_stands_first_in_its_text():
    for language in LANGUAGES:
        found = facts(Purpose.CODE, "", PLACES[0], sender={"en": "Jeju"})
        assert said(language, Purpose.CODE, found).startswith("482915 ")


def test_english_with_plain_names_is_of_seven_bits():
    for purpose in TEXTS:
        found = facts(purpose, "Maria Alexandra Papadopoulou", PLACES[1], sender={"en": "Jeju"})
        assert set(said("en", purpose, found)) <= GSM | EXTENDED


def test_a_move_names_the_place_of_before_and_why():
    found = facts(Purpose.MOVED, "An Vu", ("Town hall", ""), why="held")
    text = said("en", Purpose.MOVED, found | {"old_names": {"en": "Harbour"}})
    assert text == (
        "[Jeju COVID-19 vaccination 2021] The site had to move An Vu from Tue 22 Dec, 09:30, Harbour, "
        "to Tue 22 Dec, 09:30, Town hall. Reason: its vaccine is being checked. "
        f"Another time: {found['link']}"
    )


def test_what_is_not_known_is_left_out_with_its_sentence():
    bare = {"link": "https://x.example/s/mDA", "times": TIMES[0], "zone": "Asia/Seoul"}
    bare |= {"names": {"en": "Town hall"}, "address": ""}
    assert said("en", Purpose.CANCELLED, bare) == (
        "Cancelled: Tue 22 Dec, 09:30, Town hall. Book again: https://x.example/s/mDA"
    )


def test_translations_name_the_facts_of_their_text():
    every = [f for sentences, _ in TEXTS.values() for forms in sentences for f in forms if f]
    for language in LANGUAGES:
        with translation.override(language):
            for text in every:
                assert texts._facts(translation.gettext(text)) == texts._facts(text), text


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("a" * 152 + "€" * 8, 2),
        ("a" * 152 + "€" + "a" * 152, 3),  # the escape and its letter stay together
        ("한" * 70, 1),
        ("한" * 71, 2),
        ("한" * 134, 2),
        ("한" * 135, 3),
        ("a" * 70 + "한", 2),
        ("𪚥" * 35, 1),
        ("𪚥" * 36, 2),
        ("𪚥" * 67, 3),  # 33 in each
        ("`", 1),
        ("`" * 71, 2),
    ],
)
def test_parts_are_counted_as_gateways_do(text, number):
    assert parts(text) == number


@given(st.sampled_from("bmcriq"), *[st.integers(0, 2**40)] * 3)
def test_a_link_is_read_as_it_was_written_and_no_other_way(kind, campaign, whose, until):
    own = kind in short_link.OWN
    link = Link(kind, campaign, *((whose, until) if own else ()))
    word = short_link.write(link, KEY)
    assert short_link.read(word, KEY) == link
    if own:
        assert short_link.read(word, b"another") is None
        other = {"i": "q", "q": "i"}[kind] + word[1:]
        assert short_link.read(other, KEY) is None
    for changed in (word + "A", word[:-1], word.upper() + "!", "x" + word[1:]):
        assert short_link.read(changed, KEY) in (None, link) or not own


@given(st.text(max_size=60))
def test_no_word_breaks_the_reader_of_links(word):
    found = short_link.read(word, KEY)
    assert found is None or short_link.write(found, KEY) == word


@override_settings(PUBLIC_URL=HOST)
def test_links_are_short(committed):
    from balmis.contexts.campaigns import queries as campaigns
    from balmis.flows.booking.short_links import invitation_link, link_to, read_link
    from tests import make

    make.campaign()
    campaign = campaigns.campaign(make.SLUG)
    own = invitation_link(campaign, 675_000, now=make.NOON)
    assert len(own) <= len(HOST) + 25 and len(link_to(short_link.MINE, campaign)) <= len(HOST) + 7
    link = read_link(own.rpartition("/")[2])
    assert (link.kind, link.campaign, link.whose) == (short_link.INVITED, campaign.pk, 675_000)
    day = datetime(2022, 7, 22, tzinfo=ZoneInfo("UTC")).date()
    assert not link.is_over(day) and link.is_over(day.replace(month=8))
