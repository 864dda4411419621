import pytest

from mmfusion.data.batches.seeds import mix


@pytest.mark.parametrize(("seed", "published"), [(0, 0xE220A8397B1DCDAF), (1234567, 6457827717110365317)])
def test_one_number_gives_the_first_output_of_splitmix64(seed, published):
    assert mix(seed) == published >> 1


def test_every_part_and_the_order_of_parts_count():
    seeds = [mix(0, "a", 1), mix(1, "a", 0), mix("a", 0, 1), mix(0, "a"), mix(0, "a", 2), mix(0, "b", 1), mix(0, 1)]
    assert len(set(seeds)) == len(seeds)


def test_seeds_are_of_63_bits_and_spread():
    seeds = [mix("batch", step) for step in range(2000)]
    assert all(0 <= seed < 1 << 63 for seed in seeds)
    assert len(set(seeds)) == 2000
    for bit in range(63):
        assert 0.4 < sum(seed >> bit & 1 for seed in seeds) / 2000 < 0.6, bit
