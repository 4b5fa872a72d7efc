"""Words are counted in languages with and without blanks between them."""

import pytest

from studio.datasets.texts.word_counts import word_count

# ruff: noqa: RUF001 (texts of other scripts)


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("The soup was warm", 4, 4),
        ("food / mood", 2, 2),
        ("", 0, 0),
        ("好", 0, 1),
        ("这家餐厅的菜很好吃，服务也很周到", 6, 9),
        ("電車がまた遅れた", 3, 5),
        ("อาหารร้านนี้อร่อยมาก", 4, 11),
        ("Das 火车 again", 2, 4),
    ],
)
def test_a_text_has_about_as_many_words_as_people_read(text: str, least: float, most: float) -> None:
    assert least <= word_count(text) <= most
