import re

import pytest

from mmfusion.data.decode.text_tokens import best_split, split_text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("What's up, Doc?! don’t", ["What's", "up", "Doc", "don’t"]),
        ("x_y 3.5 a-b 12:30", ["x_y", "3", "5", "a", "b", "12", "30"]),
        ("我的iPhone15很好。", ["我", "的", "iPhone15", "很", "好"]),
        ("コーヒーを飲む", ["コーヒー", "を", "飲", "む"]),
        ("กินข้าว ok", ["กิ", "น", "ข้", "า", "ว", "ok"]),
        ("ខ្ញុំ។", ["ខ្ញុំ"]),
        ("हिन्दी में", ["हिन्दी", "में"]),  # marks are parts of a word
        ("사과를 먹었다", ["사과를", "먹었다"]),
        ("cafe\u0301", ["caf\u00e9"]),
        ("?!", []),
    ],
)
def test_words_of_any_script(text, words):
    assert split_text(text, "words") == words


def test_words_of_a_plain_text_are_what_they_have_always_been():
    text = "I'd like 2 tickets for the 5th, please; what's (the) price-range_of “that”? naïve Größe Ёлка"
    assert split_text(text, "words") == re.findall(r"\w+(?:['’]\w+)*", text)


def test_characters_are_what_a_reader_takes_for_one():
    assert split_text("C1= \u00e9e\u0301👍🏽हि", "characters") == ["C", "1", "=", "\u00e9", "\u00e9", "👍🏽", "हि"]


@pytest.mark.parametrize(
    ("texts", "how"),
    [
        ([f"CC(=O)N{'c1ccccc1' * (1 + i % 7)}{i}" for i in range(50)], "characters"),
        (["MKTAYIAKQRQISFVKSHFSRQ"[: 15 + i % 7] * 2 for i in range(50)], "characters"),
        (["这只猫很可爱这条狗跑得快猫头鹰在夜里叫"[: 10 + i % 9] for i in range(50)], "words"),
        (["a short text of words"] * 50, "words"),
        ([f"https://x.org/{'a' * i}" for i in range(50)], "words"),
        ([f"name{'x' * (i % 9)}.of_somebody@mail.org" for i in range(50)], "words"),
        ([f"{i:032x}" for i in range(50)], "words"),  # of one length: names of rows
        (["".join("ACGT"[(i * k) % 4] for k in range(60)) for i in range(50)], "characters"),  # genes
        (["yes", "no"] * 20, "words"),
        ([], "words"),
    ],
)
def test_strings_of_signs_are_split_into_characters(texts, how):
    assert best_split(texts) == how
