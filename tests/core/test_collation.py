"""Names in the order in which readers look for them."""

import random

import pytest

from balmis.core.collation import sort_key


@pytest.mark.parametrize(
    ("language", "right"),
    [
        ("vi", ["Cẩm Phả", "Cô Tô", "Đầm Hà", "Đông Triều", "Hạ Long", "Vân Đồn"]),
        ("vi", ["An", "Ân", "Bùi", "Dũng", "Đặng", "Ông", "Phạm"]),
        ("vi", ["Tuân", "Tuần", "Tuẩn", "Tuẫn", "Tuấn", "Tuận", "Tùng"]),
        ("vi", ["Lê An", "Lê Ân", "Lê Văn A", "Lệ An"]),
        ("ko", ["강민호", "김민호", "김민희", "이서연", "Kim"]),
        ("zh-hans", ["Anna", "安宁", "李伟", "王芳", "张三"]),
        ("en", ["Alan", "Álvaro", "Ben", "de Souza", "Öztürk"]),
    ],
)
def test_the_order_of_a_language(language, right):
    mixed = random.Random(1).sample(right, len(right))
    assert sorted(mixed, key=lambda name: sort_key(name, language)) == right
