import pytest

from mmfusion.encoders.stages import per_stage


def test_last_number_goes_on_and_the_last_stage_has_no_pool():
    assert per_stage([8, 16, 32], [5, 3], [2, 1], [2]) == [(5, 2, 2), (3, 1, 2), (3, 1, 1)]
    assert per_stage([8], [3], [1], [2]) == [(3, 1, 1)]


@pytest.mark.parametrize(
    ("lists", "message"),
    [
        (([], [3], [1], [2]), "widths: expected one stage or more, found none"),
        (([8, 0], [3], [1], [2]), r"widths: expected 1 to 2 numbers of 1 or more \(one per width\), found \[8, 0\]"),
        (([8], [3, 3], [1], [2]), r"kernels: expected 1 to 1 numbers"),
        (([8], [2], [1], [2]), r"kernels: expected odd numbers, found \[2\]"),
        (([8], [3], [], [2]), r"strides: expected 1 to 1 numbers .* found \[\]"),
    ],
)
def test_lists_that_do_not_fit(lists, message):
    with pytest.raises(ValueError, match=message):
        per_stage(*lists)
