import json
import shutil

import pytest
import torch

from mmfusion.batch import Tokens
from mmfusion.data.errors import DecodeError
from mmfusion.data.kinds.text import Text
from mmfusion.data.table.cells import Cells
from mmfusion.encoders.bag import Bag
from mmfusion.encoders.rnn import RNN


def fitted(texts, **options):
    kind = Text(**options)
    kind.fit(texts, None)
    return kind


def test_words_by_frequency_then_alphabet_whatever_the_order_of_rows():
    texts = ["b a b", "c a b", "d"]
    kind = fitted(texts)
    assert kind.words == ["b", "a", "c", "d"]
    assert fitted(texts[::-1]).words == kind.words
    assert kind.decode("a b zebra", None).tolist() == [3, 2, 1]
    assert kind.for_encoder() == {"vocab_size": 6}


def test_case():
    assert fitted(["A a"], lower=False).words == ["A", "a"]
    assert fitted(["A a"]).words == ["a"]


def test_rare_words_and_a_limit_on_words():
    assert fitted(["a a b"], min_count=2).words == ["a"]
    assert fitted(["a a b b c"], max_words=2).words == ["a", "b"]


def test_long_texts_are_cut():
    assert fitted(["a b c"], max_length=2).decode("a b c", None).tolist() == [2, 3]


def test_a_text_without_words_is_one_unknown_word():
    assert fitted(["a"]).decode("?!", None).tolist() == [1]


def test_own_pattern():
    assert fitted(["ab-c"], pattern=r"[a-z]").words == ["a", "b", "c"]


def test_tokens_are_words_or_characters_as_the_training_texts_suggest():
    assert set(fitted(["这只猫 iPhone"], lower=False).words) == {*"这只猫", "iPhone"}
    signs = [f"CC(=O)N{'c1cc' * (2 + i % 5)}" for i in range(20)]
    assert fitted(signs).tokens == "characters"
    assert fitted(signs, tokens="words").tokens == "words"
    assert fitted(["a b"]).tokens == "words"
    assert fitted(["ab a"], tokens="characters").words == ["a", "b"]
    assert fitted(["ab a"], pattern=r"\w").tokens is None


def test_a_run_from_before_splits_its_texts_as_it_did():
    old = Text()
    old.load_state({"words": ["这只猫", "a"]})
    assert old.decode("这只猫 a", None).tolist() == [2, 3]
    again = Text()
    again.load_state(old.state())
    assert again.decode("这只猫 a", None).tolist() == [2, 3]
    signs = fitted([f"CC(=O)N{'c1cc' * (2 + i % 5)}" for i in range(20)])
    new = Text()
    new.load_state(signs.state())
    assert new.tokens == "characters"
    assert new.decode("CC(", None).tolist() == signs.decode("CC(", None).tolist()


def test_numbers_are_texts_and_lists_are_not():
    kind = fitted([7, "x"])
    assert kind.decode("7", None).tolist() == kind.decode(7, None).tolist() == [2]
    with pytest.raises(DecodeError, match="expected a text, found list"):
        kind.decode(["a"], None)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"pattern": "("}, "is no regular expression"),
        ({"pattern": "(a)b"}, "has groups"),
        ({"tokens": "words", "pattern": "a"}, "give tokens or a pattern of your own, not both"),
    ],
)
def test_wrong_options(options, message):
    with pytest.raises(ValueError, match=message):
        Text(**options)


def test_hugging_face_tokenizer_from_a_folder(tokenizer_folder):
    kind = fitted(["ignored"], tokenizer=tokenizer_folder, max_length=4)
    ids = kind.decode("hello there world hello", None)
    assert ids.tolist() == [4, 2, 3, 5]  # its own, and two more: none of its tokens is our padding
    assert kind.for_encoder() == {"vocab_size": 10}
    bulk = kind.decode_all(Cells([["world", "hello there world hello"]]))
    assert bulk.values.tolist() == [4, 5, *ids.tolist()]


@pytest.mark.parametrize("encoder", [Bag, RNN])
def test_every_token_of_a_hugging_face_tokenizer_is_trained(tokenizer_folder, encoder):
    kind = fitted(["ignored"], tokenizer=tokenizer_folder)
    ids = kind.decode("hello world", None).long()
    bag = encoder(**kind.for_encoder())
    bag(Tokens(ids[None], torch.tensor([len(ids)]))).pooled.sum().backward()
    assert (bag.embedding.weight.grad[ids].abs().sum(1) > 0).all()


def test_a_hugging_face_tokenizer_goes_with_the_run(tokenizer_folder, tmp_path):
    kind = fitted(["ignored"], tokenizer=tokenizer_folder)
    expected = kind.decode("hello there", None)
    kind.save_files(tmp_path / "run" / "note")
    shutil.rmtree(tokenizer_folder)
    other = Text(tokenizer=tokenizer_folder)
    other.load_state(json.loads(json.dumps(kind.state())))
    other.load_files(tmp_path / "run" / "note")
    assert other.for_encoder() == kind.for_encoder()
    assert torch.equal(other.decode("hello there", None), expected)


def test_word_vocabularies_have_no_files(tmp_path):
    kind = fitted(["a"])
    kind.save_files(tmp_path / "note")
    assert not (tmp_path / "note").exists()
    kind.load_files(tmp_path / "note")
    assert kind.words == ["a"]
