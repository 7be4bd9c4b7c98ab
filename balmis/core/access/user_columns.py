"""What lists of staff call their columns and roles. Data, not rules."""

from balmis.core.files.headings import Column
from balmis.core.refusal_texts import gettext_noop
from balmis.core.vocabulary.access import Role

STAFF = (
    Column(
        "username",
        (
            "user name",
            "user",
            "login",
            "account",
            "아이디",
            "사용자명",
            "계정",
            "用户名",
            "账号",
            "tên đăng nhập",
            "tài khoản",
        ),
        is_needed=True,
    ),
    Column(
        "name",
        ("full name", "성명", "이름", "姓名", "họ tên", "họ và tên"),
        parts=(
            ("last name", "family name", "surname", "성", "姓", "họ", "họ và đệm"),
            ("first name", "given name", "名", "tên"),
        ),
    ),
    Column(
        "role", ("roles", "역할", "직무", "角色", "职责", "vai trò", "nhiệm vụ"), is_needed=True
    ),
    Column("email", ("mail", "e-mail", "이메일", "邮箱", "电子邮箱", "thư điện tử")),
    Column("area", ("district", "지역", "区县", "地区", "khu vực", "địa bàn", "quận/huyện")),
    Column(
        "site",
        ("place", "centre", "center", "접종기관", "접종센터", "接种单位", "接种点", "điểm tiêm"),
    ),
    Column(
        "until",
        ("ends", "valid until", "만료일", "종료일", "截止日期", "有效期至", "đến ngày", "hết hạn"),
    ),
)

EVERYWHERE = ("everywhere", "all", "전체", "全部", "全省", "toàn tỉnh", "tất cả")

ROLES = {
    Role.PLANNER: ("planner", "기획 담당자", "计划人员", "cán bộ kế hoạch"),
    Role.AREA_MANAGER: ("area manager", "지역 관리자", "地区管理员", "quản lý khu vực"),
    Role.SITE_MANAGER: ("site manager", "접종기관 관리자", "接种点负责人", "quản lý điểm tiêm"),
    Role.VACCINATOR: (
        "vaccinator",
        "nurse",
        "접종 담당자",
        "간호사",
        "接种人员",
        "护士",
        "nhân viên tiêm chủng",
        "điều dưỡng",
    ),
    Role.DOCTOR: ("doctor", "doctor at the site", "예진 의사", "의사", "医生", "bác sĩ"),
    Role.REGISTRAR: ("registrar", "접수 담당자", "登记员", "nhân viên đăng ký"),
    Role.STORE_KEEPER: ("store keeper", "백신 관리자", "疫苗管理员", "thủ kho"),
    Role.SAFETY_OFFICER: (
        "safety officer",
        "이상반응 담당자",
        "安全监测人员",
        "cán bộ an toàn tiêm chủng",
    ),
    Role.SAFETY_ASSESSOR: ("safety assessor", "인과성 평가자", "评估专家", "chuyên gia đánh giá"),
    Role.CLINICAL_LEAD: (
        "clinical lead",
        "clinical lead for safety",
        "임상 책임자",
        "临床负责人",
        "phụ trách lâm sàng",
    ),
    Role.RESPONDER: ("responder", "response team", "신속대응팀", "应急队员", "đội đáp ứng nhanh"),
    Role.UNIT_COORDINATOR: ("unit coordinator", "단체 담당자", "单位联络员", "đầu mối đơn vị"),
    Role.FINANCE_CLERK: ("finance clerk", "정산 담당자", "财务人员", "cán bộ tài chính"),
    Role.AUDITOR: ("auditor", "감사자", "审计员", "kiểm toán viên"),
}

# what can be wrong with a cell
NO_USERNAME = gettext_noop("write letters, digits and . @ + - _ alone, at most 150")
LIKE_ANOTHER = gettext_noop("there is a user {known}; write the name as it is there")
NO_ROLE = gettext_noop("is none of: {known}")
NO_PLACE = gettext_noop("name an area or a site, or write 'everywhere'")
TWO_PLACES = gettext_noop("name an area or a site, not both")
NO_AREA = gettext_noop("no area has this code or (unique) name")
NO_SITE = gettext_noop("no site has this code or (unique) name")
NO_ADDRESS = gettext_noop("is no e-mail address")
NO_DAY = gettext_noop("write the whole day, like 2021-06-17")
OVER = gettext_noop("is over already")
