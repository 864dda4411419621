import random

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException

from mmfusion.config.errors import ConfigError
from mmfusion.config.quoting import quoted, readable

HYDRA = OverridesParser.create()


@pytest.mark.parametrize("text", ["/plain", "it's", 'a "b", c', "back\\slash", "end\\", "größe/数", "x={a: [1]}"])
def test_any_text_can_stand_in_an_override(text):
    assert HYDRA.parse_override(f"paths.run={quoted(text)}").value() == text


@pytest.mark.parametrize(
    "text",
    ["Größe", "~/a.csv", "a=b", "it's", "a;b", "data (1).csv", "data[1].csv", "a#b", "<x>", "数据", "C:\\ü.csv"],
)
def test_what_was_typed_without_quotes_is_read_as_it_stands(text):
    for override in (f"name={text}", f"++name={text}", f"name={quoted(text)}"):
        assert HYDRA.parse_override(readable(override)).value() == text


@pytest.mark.parametrize(
    ("override", "value"),
    [
        ("tags=[Größe, b, [ü]]", ["Größe", "b", ["ü"]]),
        ("x={a: größe, b: [it's, 'x, y'], c: s3://ü}", {"a": "größe", "b": ["it's", "x, y"], "c": "s3://ü"}),
        ("x=${name}-ü", "${name}-ü"),
        ("x=a\\,ü", "a,ü"),
        ("x= ü ", "ü"),
    ],
)
def test_each_text_in_lists_and_mappings(override, value):
    assert HYDRA.parse_override(readable(override)).value() == value


@pytest.mark.parametrize("override", ["name=größe,数,3", "name=choice(größe, 数, 3)"])
def test_each_value_of_a_sweep(override):
    values = HYDRA.parse_override(readable(override)).sweep_string_iterator()
    assert [value.strip("'") for value in values] == ["größe", "数", "3"]


def test_whatever_hydra_reads_stays_as_it_is():
    draw = random.Random(0)
    read = 0
    for _ in range(4000):
        override = "k=" + "".join(draw.choice("ab1 .,:=()[]{}'\"\\$~-/ßé#") for _ in range(draw.randint(0, 6)))
        try:
            HYDRA.parse_override(override)
        except HydraException:
            continue
        read += 1
        assert readable(override) == override
    assert read > 500


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("=3", "there is no key"),
        ("~", "there is no key"),
        ("~=3", "there is no key"),
        ("fusion", "there is no = in it"),
        ('name="a', 'the " is not closed'),
        ("tags=[a, [b]", "the [ is not closed"),
        ("x=choice(a", "the ( is not closed"),
    ],
)
def test_what_is_no_override(override, message):
    with pytest.raises(ConfigError) as caught:
        readable(override)
    assert str(caught.value).startswith(f"{override}: not an override that can be read ({message}); write key=value")


@pytest.mark.parametrize(
    ("override", "instead"),
    [
        ("+task@task.größe=regression", "name it in ASCII, and give its column: task.<name>.column=größe"),
        ("~encoder.größe", "name it in ASCII, and give its column: data.modalities.<name>.column=größe"),
        ("data.modalities.数.kind=text", "name it in ASCII, and give its column: data.modalities.<name>.column=数"),
        ("data.empty.Größe=[x]", "write `data: {empty: {Größe: …}}` into conf/experiment/<name>.yaml"),
        ("data.empty={Größe: [x]}", "write `data: {empty: {Größe: …}}` into conf/experiment/<name>.yaml"),
        ("größe=3", "the config has no such key (see all with --cfg job)"),
    ],
)
def test_a_key_is_ascii_and_the_message_says_where_else_it_can_stand(override, instead):
    with pytest.raises(ConfigError, match="a key on the command line is of ASCII letters") as caught:
        readable(override)
    assert str(caught.value).startswith(f"{override}: ")
    assert str(caught.value).endswith(instead)
