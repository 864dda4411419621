import pytest

from mmfusion.config.override import Override, split_trust


@pytest.mark.parametrize(
    ("text", "sign", "group", "package", "key", "value"),
    [
        ("fusion=gated", "", "fusion", "", "fusion", "gated"),
        ("trainer.max_epochs=3", "", "", "", "trainer.max_epochs", "3"),
        ("++a.b={c: 1=2}", "++", "", "", "a.b", "{c: 1=2}"),
        ("+encoder/image@encoder.photo=cnn", "+", "encoder/image", "encoder.photo", "encoder.photo", "cnn"),
        ("encoder/image=cnn", "", "encoder/image", "", "encoder.image", "cnn"),
        ("task@task.sum=x", "", "task", "task.sum", "task.sum", "x"),
        ("hydra/launcher=ray", "", "hydra/launcher", "", "hydra.launcher", "ray"),
        ("~task.age", "~", "", "", "task.age", None),
        ("data.path=", "", "", "", "data.path", ""),
        ("name=a\nb", "", "name", "", "name", "a\nb"),
        ("word", "", "word", "", "word", None),
        ("=x", "", "", "", "", "x"),
        ("", "", "", "", "", None),
    ],
)
def test_parts(text, sign, group, package, key, value):
    assert Override.parse(text) == Override(sign, group, package, key, value, text)


def test_name_section_and_what_it_sets():
    override = Override.parse("++encoder/image@encoder.photo=cnn")
    assert (override.name, override.section, str(override)) == ("encoder/image@encoder.photo", "encoder", override.text)
    assert override.sets("encoder.photo.dim")
    assert override.sets("encoder.photo")
    assert not override.sets("encoder.photos")
    assert not override.sets("encoder")


@pytest.mark.parametrize(
    "text", ["trusted_modules=[a,b.c]", "+trusted_modules=['a', \"b.c\"]", "++trusted_modules=a,b.c"]
)
def test_split_trust(text):
    assert split_trust(["x=1", text]) == (["x=1"], ["a", "b.c"])


def test_trust_of_nothing():
    assert split_trust(["trusted_modules=[]"]) == ([], [])
