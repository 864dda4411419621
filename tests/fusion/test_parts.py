import torch

from mmfusion.fusion._parts import masked_softmax


def test_softmax_over_what_is_masked_in():
    logits = torch.tensor([[0.0, 3.0, 0.0], [1.0, 2.0, 3.0], [5.0, 5.0, 5.0]]).log1p()
    mask = torch.tensor([[True, False, True], [False, True, False], [False, False, False]])
    shares = masked_softmax(logits, mask)
    assert shares[:2].tolist() == [[0.5, 0.0, 0.5], [0.0, 1.0, 0.0]]
    assert shares[2].isfinite().all()
    assert torch.equal(masked_softmax(logits.T, mask.T, dim=0), shares.T)
