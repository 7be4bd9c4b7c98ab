"""Names in the script of the region, and ids that look like the country's but are never valid.

Family names are common ones; given names are put together from common parts. Nobody is meant.
"""

from collections.abc import Callable

import numpy as np
import polars as pl
from numpy.typing import NDArray

Draws = NDArray[np.int64]

KO_FAMILY = "김 이 박 최 정 강 조 윤 장 임 한 오 서 신 권 황 안 송 류 전 홍 고 문 양 손 배 백 허 유 남 심 노 하 곽 성 차 주 우 구 부 현 진".split()
KO_FIRST = "민 서 지 예 도 현 준 수 은 영 성 재 태 유 하 정 승 윤 경 미 동 혜 상 선 희 우 주 시 채 다".split()
KO_SECOND = "준 서 연 우 진 아 은 호 희 경 민 수 현 훈 영 빈 숙 자 철 석 미 순 환 혁 원 인 율 린 나 규".split()

ZH_FAMILY = "王 李 张 刘 陈 杨 赵 黄 周 吴 徐 孙 胡 朱 高 林 何 郭 马 罗 梁 宋 郑 谢 韩 唐 冯 于 董 萧 程 曹 袁 邓 许 傅 沈 曾 彭 吕 苏 卢 蒋 蔡 贾 丁 魏 薛 叶 阎".split()
ZH_FIRST = "建 志 文 国 玉 晓 海 红 秀 春 永 俊 明 丽 金 小 雪 子 宇 一 思 佳 梓 雨 浩 欣".split()
ZH_SECOND = "华 明 军 平 强 伟 芳 英 兰 梅 霞 燕 玲 林 峰 超 勇 杰 涛 辉 琴 慧 萍 红 娟 宁 轩 涵 怡 然".split()

VI_FAMILY = "Nguyễn Trần Lê Phạm Hoàng Huỳnh Phan Vũ Võ Đặng Bùi Đỗ Hồ Ngô Dương Lý Đinh Đoàn Lương Vi".split()
VI_MIDDLE_F = "Thị Thị_Thu Thị_Ngọc Thùy Phương Thanh Minh Hồng Kim Bích".split()
VI_MIDDLE_M = "Văn Đức Hữu Quang Minh Thành Xuân Công Đình Ngọc".split()
VI_GIVEN_F = "Anh Hà Hương Lan Linh Mai Nga Nhung Oanh Phương Thảo Trang Tuyết Vân Yến Hoa Huệ Hạnh Dung Chi".split()
VI_GIVEN_M = "An Bình Cường Dũng Đạt Hải Hiếu Hùng Huy Khánh Long Nam Phong Quân Sơn Thắng Trung Tuấn Việt Vinh".split()

IT_FAMILY = "Rossi Russo Ferrari Esposito Bianchi Romano Colombo Ricci Marino Greco Bruno Gallo Conti De_Luca Costa Giordano Mancini Rizzo Lombardi Moretti".split()
IT_GIVEN_F = "Maria Anna Giulia Rosa Sofia Lucia Elena Paola Chiara Francesca Teresa Laura Carla Silvia Marta".split()
IT_GIVEN_M = "Giuseppe Antonio Giovanni Francesco Mario Luigi Marco Andrea Paolo Pietro Salvatore Carlo Luca Stefano Nicola".split()

STYLES = ("ko", "zh", "vi", "it")


def _pick(parts: list[str], draws: Draws) -> pl.Series:
    words = pl.Series([p.replace("_", " ") for p in parts])
    return words.gather(draws % len(parts))


def _by_sex(women: list[str], men: list[str], draws: Draws, male: NDArray[np.bool_]) -> pl.Series:
    return _pick(women, draws).zip_with(~pl.Series(male), _pick(men, draws))


def names(style: str, male: NDArray[np.bool_], rng: np.random.Generator) -> pl.Series:
    """One name a person, in the order and script of the language; `male` is (n,)."""
    a, b, c = rng.integers(0, 1 << 31, size=(3, male.size))
    if style == "ko":
        return _pick(KO_FAMILY, a) + _pick(KO_FIRST, b) + _pick(KO_SECOND, c)
    if style == "zh":
        short = pl.Series(rng.random(male.size) < 0.25)
        second = _pick(ZH_SECOND, c)
        first = _pick(ZH_FIRST, b).zip_with(~short, pl.Series([""] * male.size))
        return _pick(ZH_FAMILY, a) + first + second
    if style == "vi":
        middle = _by_sex(VI_MIDDLE_F, VI_MIDDLE_M, b, male)
        return _pick(VI_FAMILY, a) + " " + middle + " " + _by_sex(VI_GIVEN_F, VI_GIVEN_M, c, male)
    if style == "it":
        return _pick(IT_FAMILY, a) + " " + _by_sex(IT_GIVEN_F, IT_GIVEN_M, b, male)
    raise ValueError(f"no names in the style {style!r}; one of {', '.join(STYLES)}")


def _kr(frame: pl.DataFrame) -> pl.Series:
    """YYMMDD-GNNNNNN with G = 9 or 0, the digits of people born in the 1800s."""
    return frame.select(
        pl.col("born").dt.strftime("%y%m%d")
        + "-"
        + pl.when(pl.col("sex") == "M").then(pl.lit("9")).otherwise(pl.lit("0"))
        + (pl.col("index") % 1_000_000).cast(pl.String).str.zfill(6)
    ).to_series()


CN_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643-1999
CN_CHECKS = "10X98765432"


def _cn(frame: pl.DataFrame) -> pl.Series:
    """Area, birthday, running number, and a check character that is always wrong."""
    first = frame.select(
        pl.col("area_code").str.extract(r"(\d{6})$", 1).fill_null("140000")
        + pl.col("born").dt.strftime("%Y%m%d")
        + pl.int_range(pl.len()).over("area_code", "born").cast(pl.String).str.zfill(3)
    ).to_series()
    digits = (
        first.str.extract_all(r"\d")
        .to_frame("d")
        .select(
            pl.sum_horizontal(
                pl.col("d").list.get(i).cast(pl.Int64) * w for i, w in enumerate(CN_WEIGHTS)
            )
        )
        .to_series()
    )
    wrong = (digits % 11 + 1) % 11
    return first + pl.Series(list(CN_CHECKS)).gather(wrong)


def _vn(frame: pl.DataFrame) -> pl.Series:
    """Twelve digits that begin with 000, which is no province."""
    return "000" + frame["index"].cast(pl.String).str.zfill(9)


def _none(frame: pl.DataFrame) -> pl.Series:
    return pl.Series([None] * frame.height, dtype=pl.String)


IDS: dict[str, Callable[[pl.DataFrame], pl.Series]] = {
    "kr": _kr,
    "cn": _cn,
    "vn": _vn,
    "none": _none,
}


def national_ids(style: str, frame: pl.DataFrame) -> pl.Series:
    """Ids for a frame with the columns index, born, sex and area_code."""
    if style not in IDS:
        raise ValueError(f"no ids in the style {style!r}; one of {', '.join(IDS)}")
    return IDS[style](frame)
