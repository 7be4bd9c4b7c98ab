"""What lists of doses call their columns, and the kinds of doses. Data, not rules."""

from balmis.core.files.headings import Column
from balmis.core.vocabulary.clinic import DoseKind

DOSES = (
    Column("key", ("record id", "record", "접종번호", "记录编号", "mã bản ghi"), is_needed=True),
    Column(
        "person",
        ("person id", "number", "external_id", "등록번호", "번호", "编号", "mã số", "mã đối tượng"),
        is_needed=True,
    ),
    Column(
        "product",
        ("vaccine", "백신", "疫苗", "vắc xin", "vaccine name", "loại vắc xin"),
        is_needed=True,
    ),
    Column("kind", ("dose", "dose number", "차수", "剂次", "mũi", "mũi tiêm"), is_needed=True),
    Column(
        "given_at",
        (
            "date",
            "given",
            "vaccination date",
            "접종일",
            "접종일시",
            "接种日期",
            "接种时间",
            "ngày tiêm",
            "thời gian tiêm",
        ),
        is_needed=True,
    ),
    Column("site", ("place", "접종기관", "接种单位", "điểm tiêm", "nơi tiêm", "cơ sở tiêm")),
    Column("lot", ("batch", "lot number", "제조번호", "로트", "批号", "số lô")),
    Column("units", ("amount",)),
)

KINDS = {
    DoseKind.PRIMARY_1: ("1", "dose 1", "first", "1st", "1차", "第一剂", "第1剂", "mũi 1"),
    DoseKind.PRIMARY_2: ("2", "dose 2", "second", "2nd", "2차", "第二剂", "第2剂", "mũi 2"),
    DoseKind.PRIMARY_3: ("3", "dose 3", "third", "3rd", "3차", "第三剂", "第3剂", "mũi 3"),
    DoseKind.BOOSTER_1: (
        "booster",
        "booster 1",
        "추가접종",
        "加强针",
        "mũi nhắc lại",
        "mũi nhắc lại 1",
    ),
}
