"""What line lists of adverse events call their columns and words. Data, not rules."""

from balmis.core.files.headings import Column
from balmis.core.vocabulary.safety import EventEnd, Serious, Severity

REPORTS = (
    Column(
        "number",
        (
            "person id",
            "register number",
            "external_id",
            "등록번호",
            "관리번호",
            "编号",
            "登记号",
            "mã số",
            "mã đối tượng",
        ),
        is_needed=True,
    ),
    Column(
        "event",
        (
            "adverse event",
            "reaction",
            "이상반응",
            "증상",
            "不良反应",
            "异常反应",
            "phản ứng",
            "biến cố",
            "sự cố bất lợi",
        ),
        is_needed=True,
    ),
    Column(
        "onset_on",
        (
            "onset",
            "onset date",
            "date of onset",
            "발생일",
            "증상 발생일",
            "发生日期",
            "发病日期",
            "ngày khởi phát",
            "ngày xuất hiện",
        ),
        is_needed=True,
    ),
    Column(
        "dose_on",
        (
            "dose date",
            "vaccination date",
            "date of dose",
            "접종일",
            "接种日期",
            "ngày tiêm",
        ),
    ),
    Column(
        "why_serious",
        (
            "serious",
            "seriousness",
            "중대성",
            "중대한 이상반응 사유",
            "严重原因",
            "lý do nghiêm trọng",
            "mức độ nghiêm trọng",
        ),
    ),
    Column("severity", ("intensity", "중증도", "严重程度", "mức độ nặng", "cường độ")),
    Column("outcome", ("end", "결과", "경과", "转归", "kết quả", "diễn biến")),
    Column("words", ("description", "narrative", "내용", "描述", "经过", "mô tả")),
    Column("key", ("report number", "sender's number", "신고번호", "报告编号", "số báo cáo")),
)

SERIOUS = {
    Serious.DEATH: ("death", "died", "사망", "死亡", "tử vong"),
    Serious.LIFE_THREATENING: ("life threatening", "생명위협", "危及生命", "đe dọa tính mạng"),
    Serious.HOSPITAL: (
        "hospital",
        "hospitalisation",
        "hospitalization",
        "입원",
        "住院",
        "nhập viện",
    ),
    Serious.DISABILITY: ("disability", "장애", "残疾", "致残", "tàn tật"),
    Serious.CONGENITAL: (
        "congenital",
        "congenital anomaly",
        "선천 이상",
        "先天异常",
        "dị tật bẩm sinh",
    ),
    Serious.IMPORTANT: (
        "important",
        "medically important",
        "의학적으로 중요",
        "重要医学事件",
        "quan trọng về y khoa",
    ),
}
SEVERITIES = {
    Severity.MILD: ("mild", "경증", "轻度", "nhẹ"),
    Severity.MODERATE: ("moderate", "중등증", "中度", "trung bình", "vừa"),
    Severity.SEVERE: ("severe", "중증", "重度", "nặng"),
    Severity.UNKNOWN: ("unknown", "미상", "不详", "không rõ"),
}
ENDS = {
    EventEnd.RECOVERED: ("recovered", "회복", "痊愈", "khỏi", "hồi phục"),
    EventEnd.RECOVERING: ("recovering", "회복 중", "好转", "đang hồi phục"),
    EventEnd.SEQUELAE: ("sequelae", "recovered with sequelae", "후유증", "后遗症", "di chứng"),
    EventEnd.NOT_RECOVERED: ("not recovered", "미회복", "未好转", "未痊愈", "chưa hồi phục"),
    EventEnd.DIED: ("died", "death", "fatal", "사망", "死亡", "tử vong"),
    EventEnd.UNKNOWN: ("unknown", "미상", "不详", "không rõ"),
}
