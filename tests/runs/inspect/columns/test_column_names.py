import pytest

from mmfusion.runs.inspect.columns.column_names import ABOUT_FILE, GROUP, ID, LABEL, SPLIT_VALUES, is_named, words


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("numberOfShots", ["number", "of", "shots"]),
        ("number_of_shots", ["number", "of", "shots"]),
        ("Patient-ID 2", ["patient", "id", "2"]),
        ("imageURL", ["image", "url"]),
        ("HTTPStatus", ["http", "status"]),
        ("größe", ["größe"]),
        ("x1y2", ["x", "1", "y", "2"]),
        ("___", []),
        ("", []),
    ],
)
def test_names_are_taken_apart(name, parts):
    assert words(name) == parts


def test_whole_words_count():
    assert is_named("speaker_id", GROUP)
    assert is_named("speaker_id", ID)
    assert not is_named("loudspeakers", GROUP)
    assert not is_named("classic", LABEL)


def test_no_spelling_of_a_split_means_two():
    spellings = [word for names in SPLIT_VALUES.values() for word in names]
    assert len(set(spellings)) == len(spellings)


@pytest.mark.parametrize("vocabulary", [ID, GROUP, LABEL, ABOUT_FILE, *SPLIT_VALUES.values()])
def test_vocabularies_are_in_small_letters_and_of_single_words(vocabulary):
    assert all(words(word) == [word] for word in vocabulary)
