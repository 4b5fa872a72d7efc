"""Text files in encodings that people's programs write: the likeliest is taken, and it is said which."""

# ruff: noqa: RUF001 (texts of other scripts)

from pathlib import Path

import pytest

from studio.datasets.texts.text_file import decode_text

TEXTS = {
    "gb18030": "火车又晚点了,差\n湖边的风景特别美,好\n这家餐厅的菜很好吃，服务也很周到,好\n",
    "big5": "火車又誤點了,差\n這家餐廳的菜很好吃，服務也很周到,好\n",
    "shift_jis": "電車がまた遅れた,悪い\nスープは温かくておいしい,良い\n",
    "euc_kr": "기차가 또 늦었다,나쁨\n수프가 따뜻했다,좋음\n",
    "cp1251": "Поезд опять опоздал,плохо\nСуп был тёплый,хорошо\n",
    "koi8_r": "Поезд опять опоздал,плохо\nСуп был тёплый,хорошо\n",
    "cp1250": "Žluťoučký kůň úpěl ďábelské ódy\n",
    "cp1252": "Der Zug war zu spät für uns\nNaïve café, déjà vu – “so”\n",
    "cp1253": "Το τρένο άργησε πάλι,κακό\n",
}


@pytest.mark.parametrize("encoding", TEXTS)
def test_the_encoding_is_guessed_and_said(encoding: str, tmp_path: Path) -> None:
    text = f"text,label\n{TEXTS[encoding]}"
    (tmp_path / "a.csv").write_bytes(text.encode(encoding))

    found, (finding,) = decode_text(tmp_path / "a.csv", "a.csv")

    assert found == text
    assert (finding.code, finding.level) == ("encoding", "warning")


@pytest.mark.parametrize("word", ["für", "café", "naïve", "señor", "Größe", "£5", "1 °C"])
def test_a_lone_letter_with_an_accent_is_no_chinese(word: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(f"text,label\nplain,a\n{word} and more,b\n".encode("cp1252"))

    assert word in decode_text(tmp_path / "a.csv", "a.csv")[0]
