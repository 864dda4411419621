import pytest
import torch
from safetensors.torch import save_file
from torch import nn
from torchvision.models import resnet18
from torchvision.models.resnet import BasicBlock
from torchvision.models.resnet import ResNet as TorchvisionResNet

from mmfusion.encoders import resnet
from mmfusion.encoders.resnet import ResNet
from tests.helpers.properties import check_all


def image(rows: int = 2, channels: int = 3, side: int = 32) -> torch.Tensor:
    return torch.randn(rows, channels, side, side, generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def reference() -> nn.Module:
    """A torchvision resnet18 whose batch statistics have moved."""
    torch.manual_seed(0)
    net = resnet18()
    net.train()(image(4))
    return net.eval()


@pytest.fixture(scope="module")
def path(reference, tmp_path_factory) -> str:
    file = tmp_path_factory.mktemp("weights") / "resnet18.safetensors"
    save_file({name: value.contiguous() for name, value in reference.state_dict().items()}, file)
    return str(file)


def test_properties(monkeypatch):
    def shallow(name: str, norm_layer: object) -> TorchvisionResNet:
        return TorchvisionResNet(BasicBlock, [1, 1, 1, 1], norm_layer=norm_layer)

    monkeypatch.setattr(resnet, "_build", shallow)  # one block a stage says as much in a quarter of the time
    # Every convolution is followed by a norm with as many scales and shifts as it has outputs.
    without_fc = sum(p.numel() for name, p in shallow("", None).named_parameters() if not name.startswith("fc"))
    check_all(lambda: ResNet(3), image(), parameters=without_fc, atol=1e-4)


@pytest.mark.parametrize(("stem", "positions"), [("imagenet", 1), ("small", 16)])
def test_shapes(stem, positions):
    assert ResNet(1, stem=stem).eval()(image(channels=1)).tokens.shape == (2, positions, 512)
    assert ResNet(3, name="resnet50", stem=stem).dim == 2048


def test_local_weights_give_torchvisions_features(path, reference):
    encoder = ResNet(3, weights=path, dropout=0.5).eval()
    reference_features = nn.Sequential(*list(reference.children())[:-1])(image()).flatten(1)
    torch.testing.assert_close(encoder(image()).pooled, reference_features, atol=1e-5, rtol=1e-4)


def test_grey_images_give_what_three_equal_channels_give(path):
    grey = image(channels=1)
    encoded = ResNet(1, weights=path).eval()(grey)
    expected = ResNet(3, weights=path).eval()(grey.expand(-1, 3, -1, -1))
    torch.testing.assert_close(encoded.pooled, expected.pooled, atol=1e-5, rtol=1e-4)


def test_an_encoders_own_weights_come_back(tmp_path):
    torch.manual_seed(0)
    encoder = ResNet(1, stem="small", norm="batch").eval()
    torch.save(encoder.state_dict(), tmp_path / "own.pt")
    again = ResNet(1, stem="small", weights=str(tmp_path / "own.pt")).eval()
    assert torch.equal(encoder(image(channels=1, side=8)).pooled, again(image(channels=1, side=8)).pooled)


def test_norm_auto_is_group_without_weights(path):
    kinds = {norm: {type(m) for m in ResNet(3, norm=norm).modules()} for norm in ("auto", "batch")}
    assert nn.BatchNorm2d not in kinds["auto"]
    assert nn.GroupNorm not in kinds["batch"]
    assert (ResNet(3).row_wise, ResNet(3, weights=path).row_wise) == (True, False)


def test_batch_norm_weights_do_not_fit_group_norm(path):
    with pytest.raises(ValueError, match=r"does not fit ResNet: \d+ unknown: bn1"):
        ResNet(3, weights=path, norm="group")


def test_weights_of_another_depth(path):
    with pytest.raises(ValueError, match=r"does not fit ResNet: \d+ missing: layer1.2.conv1.weight"):
        ResNet(3, name="resnet34", weights=path)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"name": "resnet81"}, "name: expected one of .*resnet18.*, found 'resnet81'; did you mean 'resnet18'"),
        ({"weights": "DEFUALT"}, "weights: expected null, one of DEFAULT, .* found 'DEFUALT'; did you mean 'DEFAULT'"),
        ({"weights": "nowhere.pth"}, "expected a local file, found none at 'nowhere.pth'"),
        ({"weights": "https://example.org/x"}, "expected a local file ending in"),
        ({"weights": "DEFAULT", "stem": "small"}, "need stem=imagenet"),
    ],
)
def test_what_cannot_be_built(options, message):
    with pytest.raises(ValueError, match=message):
        ResNet(3, **options)


def test_first_kernel_of_another_shape(path):
    with pytest.raises(ValueError, match=r"shape: conv1.weight \[64, 3, 7, 7\] instead of \[64, 3, 3, 3\]"):
        ResNet(3, stem="small", weights=path)
