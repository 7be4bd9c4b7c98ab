"""Words of a list that the plan does not know are laid to its groups on the page, and by command."""

import re

import pytest

from balmis.cli.people_lists import read_words
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.people.models import ListImport, Trait
from balmis.core.errors import Unusable
from balmis.core.vocabulary.access import Role
from tests import make
from tests.flows.test_import_people import run, write
from tests.web.conftest import user
from tests.web.test_lists import send, text_of
from tests.web.test_pages import text_of as markup_of

NURSES = "name,born,sex,area,occupation,group\n" + "".join(
    f"N{n},1980-05-0{n},F,IS-N,{'Y tá trưởng' if n % 2 else 'y tá  trưởng'},\n" for n in range(1, 6)
)
RETIRED = "R,1980-06-01,M,IS-N,Hưu trí,\n"


@pytest.fixture
def desk(committed):
    make.campaign()
    return user(Role.REGISTRAR, area="IS-N")


def test_words_are_shown_with_their_rows_chosen_and_kept_with_the_list(desk):
    address = send(desk, NURSES + RETIRED)
    look = markup_of(desk.get(address))
    rows = re.findall(r'<th scope="row">([^<]+)</th>\s*<td class="num"[^>]*>(\d+)</td>', look)
    assert ("Y tá trưởng", "5") in rows and ("Hưu trí", "1") in rows
    said = {
        "register": "ward",
        "word": ["Y tá trưởng", "Hưu trí"],
        "means": ["staff", "-"],
        "look": "again",
    }
    again = desk.post(address, said)
    look = markup_of(desk.get(again["Location"]))
    assert '<option value="staff" selected>' in look and '<option value="-" selected>' in look
    done = desk.post(address, {**said, "take": "yes"}, follow=True)
    assert "6 people were added" in text_of(done)
    assert "Y tá trưởng: Hospital staff" in text_of(done) and "Hưu trí: no group" in text_of(done)
    kept = ListImport.objects.get().decided
    assert kept["words"] == {"Y tá trưởng": "staff", "Hưu trí": ""} and not kept["unknown_words"]
    assert list(Trait.objects.values_list("kind", "code")) == [("facility", "hospital")] * 5
    shares = campaigns.headcounts(campaigns.campaign(make.SLUG).pk).by_group
    titles = campaigns.groups(campaigns.campaign(make.SLUG).pk)
    assert {titles.get(g): n for g, n in shares.items()}["staff"] == 5


def test_what_was_not_decided_is_kept_with_the_list_and_told(desk):
    done = desk.post(send(desk, NURSES), {"register": "ward", "take": "yes"}, follow=True)
    assert "Y tá trưởng: not decided, in 5 rows" in text_of(done)
    assert ListImport.objects.get().decided["unknown_words"] == {"Y tá trưởng": 5}
    assert not Trait.objects.exists()


def test_a_word_in_the_column_of_groups_stops_its_row_until_it_is_decided(desk):
    address = send(desk, "name,born,sex,area,group\nA,1980-05-01,F,IS-N,Y tá trưởng\n")
    look = desk.get(address)
    assert "cannot be taken" in text_of(look) and "Y tá trưởng" in text_of(look)
    said = {"register": "ward", "word": "Y tá trưởng", "means": "staff", "take": "yes"}
    # not what was looked at: that is shown first
    shown = desk.post(address, said | {"seen": "register=ward"})
    assert shown.status_code == 302 and not Trait.objects.exists()
    assert "one person was added" in text_of(desk.post(address, said, follow=True))
    assert Trait.objects.get().code == "hospital"


def test_a_group_that_the_plan_does_not_have_is_refused(desk):
    said = {"register": "ward", "word": "Y tá trưởng", "means": "nobody"}
    answer = desk.get(send(desk, NURSES), said)
    assert answer.status_code == 400 and "There is no group nobody in the plan" in text_of(answer)


def test_the_command_says_it_in_the_same_words(desk, tmp_path):
    words = read_words(["Y tá trưởng=staff", "a=b=adults", "Hưu trí="])
    assert words == {"Y tá trưởng": "staff", "a=b": "adults", "Hưu trí": ""}
    for wrong in ("staff", "=staff"):
        with pytest.raises(Unusable, match="must be like"):
            read_words([wrong])
    heading, *rows = [line.split(",") for line in (NURSES + RETIRED).splitlines()]
    done = run(write(tmp_path, rows, heading), words={"Y tá trưởng": "staff", "Hưu trí": ""})
    assert done.added == 6 and not done.people.words.unknown
    assert Trait.objects.filter(code="hospital").count() == 5
