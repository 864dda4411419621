from tests.runs.validated_table import TEXT, check


def only_text(**options):
    return {"modalities": {"text": TEXT | options}}


def test_the_share_of_unknown_words_in_each_split(tmp_path, rows):
    for i, row in enumerate(rows):
        row["text"] = f"这只猫很可爱{'甲乙丙丁戊'[i % 5]}" if i < 60 else f"red{i} blue{i} green stone"
    report, printed = check(tmp_path, rows, data=only_text(), encoder={"text": {}})
    assert report.unknown == {"text": {"train": 0.0, "val": 1.0, "test": 1.0}}
    (warning,) = [warning for warning in report.warnings if "vocabulary" in warning]
    assert warning.startswith(
        "text: many words are not in the vocabulary of the training split's 11 words: 100% in val"
    )
    assert "data.modalities.text.tokens=characters reads them by character" in warning
    assert "unknown words in train / val / test" in printed
    assert "0.0% / 100.0% / 100.0%" in printed
    report, _ = check(tmp_path, rows, data=only_text(tokens="characters"), encoder={"text": {}})
    assert report.unknown["text"]["val"] > 0.9
    assert report.warnings[0].endswith("are the splits' texts of one language and one source?")


def test_words_that_training_drops_are_not_a_matter_of_the_splits(tmp_path, rows):
    for i, row in enumerate(rows):
        row["text"] = f"word{i} stone"
    report, _ = check(tmp_path, rows, data=only_text(min_count=2), encoder={"text": {}})
    assert report.unknown["text"] == {"train": 0.5, "val": 0.5, "test": 0.5}
    assert "so are 50% in training: lower min_count or raise max_words of data.modalities.text" in report.warnings[0]


def test_known_words_are_no_matter(tmp_path, rows):
    report, _ = check(tmp_path, rows)
    assert report.unknown == {"text": {"train": 0.0, "val": 0.0, "test": 0.0}}
    assert not report.warnings
