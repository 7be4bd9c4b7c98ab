"""A staff list: users and their roles, all of it or nothing; what it does not name stays."""

import pytest

from balmis.contexts.access import queries
from balmis.contexts.access.models import User
from balmis.contexts.journal.models import AuditEntry
from balmis.core.access.user_columns import ROLES
from balmis.core.actor import Actor
from balmis.core.errors import BadInput, NotAllowed
from balmis.core.vocabulary.access import Role
from balmis.core.written_forms import fold
from balmis.flows.access.import_users import BadStaff, ImportUsers, import_users
from balmis.flows.access.save_user import KeepUser, keep_user, read_grant
from balmis.uploads.readers import read_book
from tests import make

HEAD = "Danh sách nhân viên,,,,\nTên đăng nhập,Họ và tên,Vai trò,Khu vực,Điểm tiêm,Đến ngày\n"
pytestmark = pytest.mark.usefixtures("hall")


def load(rows: str, head: str = HEAD, **said):
    cmd = ImportUsers(book=read_book((head + rows).encode()), **said)
    return import_users(cmd, actor=make.SYSTEM, now=make.NOON)


def grants() -> dict[str, list[str]]:
    return {u.username: u.grants for u in queries.users()}


def test_a_row_is_a_role_and_the_same_list_again_changes_nothing():
    rows = (
        "hoa,Nguyễn Thị Hoa,Điều dưỡng,,hall,31/12/2021\n"
        "hoa,Nguyễn Thị Hoa,store_keeper,,hall,\n"
        "lan,Trần Lan,registrar,North,,\n"
        "boss,Lê Văn,planner,toàn tỉnh,,\n"
    )
    dry = load(rows, dry_run=True)
    assert dry.made == ("hoa", "lan", "boss") and not grants()
    done = load(rows)
    assert (done.rows, done.made, done.same) == (4, ("hoa", "lan", "boss"), 0)
    assert grants() == {
        "boss": ["planner"],
        "hoa": ["vaccinator@site:hall until 2022-01-01 00:00", "store_keeper@site:hall"],
        "lan": ["registrar@area:IS-N"],
    }
    hoa = User.objects.get(username="hoa")
    assert hoa.first_name == "Nguyễn Thị Hoa" and not hoa.has_usable_password()
    assert AuditEntry.objects.filter(action="user.kept").count() == 3
    again = load(rows)
    assert (again.made, again.changed, again.same) == ((), (), 3)
    assert AuditEntry.objects.filter(action="user.kept").count() == 3


def test_roles_that_the_list_does_not_name_and_passwords_stay():
    was = KeepUser(
        username="lan", name="Lan", password="correct-horse-battery", grants=[read_grant("planner")]
    )
    keep_user(was, actor=make.SYSTEM, now=make.NOON)
    assert load("lan,,registrar,IS-N,,\n").changed == ("lan",)
    assert grants()["lan"] == ["planner", "registrar@area:IS-N"]
    assert User.objects.get(username="lan").check_password("correct-horse-battery")


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (",A,planner,everywhere,,", "username: '': is missing"),
        ("a b,A,planner,everywhere,,", "letters, digits"),
        ("KIM,A,planner,everywhere,,", "there is a user kim"),
        ("a,A,wizard,everywhere,,", "role: 'wizard': is none of: planner"),
        ("a,A,planner,,,", "name an area or a site"),
        ("a,A,planner,IS-N,hall,", "not both"),
        ("a,A,planner,Nowhere,,", "area: 'Nowhere'"),
        ("a,A,planner,,nowhere,", "site: 'nowhere'"),
        ("a,A,planner,everywhere,,2021-06-01", "is over already"),
        ("a,A,planner,everywhere,,2021", "write the whole day"),
        ("a,A,planner,everywhere,,soon", "not a date"),
        ("a,A,public,everywhere,,", "is none of"),
    ],
)
def test_one_bad_row_and_nobody_is_made(row, says):
    with pytest.raises(BadStaff) as error:
        load(f"kim,Kim,registrar,IS-N,,\n{row}\n")
    (problem,) = error.value.problems
    assert problem.startswith("row 4") and says in problem
    assert not grants() and error.value.taken.found.first == 2


def test_users_are_kept_by_whoever_runs_the_program_alone():
    cmd = ImportUsers(book=read_book((HEAD + "a,A,planner,everywhere,,").encode()))
    with pytest.raises(NotAllowed):
        import_users(cmd, actor=Actor("user:1"), now=make.NOON)
    with pytest.raises(BadInput, match="06/07/2022"):
        load("a,A,planner,everywhere,,06/07/2022\n")


def test_every_role_has_words_and_no_word_means_two():
    assert set(ROLES) == set(Role) - {Role.PUBLIC}
    words = [fold(w) for role, said in ROLES.items() for w in {fold(x) for x in (role, *said)}]
    assert len(words) == len(set(words))
