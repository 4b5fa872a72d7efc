"""Faster R-CNN and FCOS over timm backbones: sizes, channels, families, settings, and images without objects."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import timm
import torch
from safetensors.torch import save_file
from torch.nn.modules.batchnorm import _BatchNorm

from studio.errors import TrainingError, WeightsError
from studio.modeling.boxes import pairwise_iou
from studio.modeling.detection.detector import Detector
from studio.modeling.detection.objects import TrueObjects
from studio.modeling.detection.pyramid import TimmPyramid
from studio.modeling.schedules import schedule_factor
from studio.modeling.weights import WeightsFile
from studio.problems.image_object_detection.recipe import ImageObjectDetectionRecipe
from studio.problems.registry import problem_type
from studio.settings.schema import SettingsSchema

KIND = problem_type("image_object_detection")
FasterRcnnSettings, FcosSettings = (KIND.model_type(one).settings for one in ("faster_rcnn", "fcos"))
BOTH = pytest.mark.parametrize("schema", [FasterRcnnSettings, FcosSettings])
Schema = type[SettingsSchema]


def detector(
    schema: Schema, classes: int = 2, *, keep: bool = False, weights: WeightsFile | None = None, **changes: Any
) -> Detector[Any]:
    torch.manual_seed(0)
    small = {
        "architecture.backbone": "test_resnet",
        "architecture.pretrained": False,
        "image.image_width": 128,
        "image.image_height": 128,
    }
    chosen = {**small, **{key.replace("__", "."): value for key, value in changes.items()}}
    settings = schema.from_mapping(chosen)
    return ImageObjectDetectionRecipe.detector_class(settings)(settings, classes, weights, keep_statistics=keep)


def batch(count: int = 2, height: int = 128, width: int = 128, channels: int = 3) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (count, channels, height, width), dtype=torch.uint8, generator=generator)


NOTHING = TrueObjects(torch.zeros((0, 4)), torch.zeros(0, dtype=torch.int64))
TRUTH = [TrueObjects(torch.tensor([[10.0, 20.0, 60.0, 90.0]]), torch.tensor([1])), NOTHING]


@BOTH
@pytest.mark.parametrize(
    "changes",
    [
        {"image__image_channels": 1},
        {"image__image_channels": 5},
        {"image__image_width": 140, "image__image_height": 100},
        {"image__image_normalization": "Channel"},
        {"architecture__backbone": "tf_efficientnet_lite0"},
        {"architecture__backbone": "test_convnext"},
        {"architecture__backbone": "mobilenetv3_small_050"},
        {"architecture__backbone": "swinv2_cr_tiny_ns_224"},
    ],
)
def test_it_trains_and_predicts_with(schema: Schema, changes: dict[str, Any]) -> None:
    model = detector(schema, **changes, prediction__max_det_per_image=7)
    height, width = model.image_size
    images = batch(2, height, width, changes.get("image__image_channels", 3))

    loss = model.loss(model(images), TRUTH)
    loss.backward()
    found = model.eval().decode(model(images))

    assert torch.isfinite(loss)
    for one in found:
        assert len(one.scores_N) <= 7
        assert one.corners_N4.min() >= 0
        assert (one.corners_N4 <= torch.tensor([width, height, width, height])).all()
        assert one.scores_N.tolist() == sorted(one.scores_N.tolist(), reverse=True)
        assert set(one.classes_N.tolist()) <= {0, 1}


def test_levels_begin_at_the_finest_stride_that_is_asked_for() -> None:
    pyramid = TimmPyramid("vgg11", 3, (64, 64), None, finest=8)

    levels = pyramid(torch.zeros(1, 3, 64, 64))

    assert pyramid.strides == (8, 16, 32)
    assert [one.shape[-1] for one in levels.values()] == [8, 4, 2]


@BOTH
def test_a_backbone_without_maps_of_several_scales_is_an_error_with_a_way_out(schema: Schema) -> None:
    with pytest.raises(TrainingError, match="several scales") as raised:
        detector(schema, architecture__backbone="test_vit")

    assert "resnet50" in raised.value.hint


@BOTH
def test_an_unknown_backbone_is_an_error_with_its_name(schema: Schema) -> None:
    with pytest.raises(TrainingError, match="'resnet_nonsense'"):
        detector(schema, architecture__backbone="resnet_nonsense")


@BOTH
@pytest.mark.parametrize("channels", [3, 1])
def test_the_body_starts_from_the_weights_file(schema: Schema, channels: int, tmp_path: Path) -> None:
    source = timm.create_model("test_resnet", pretrained=False)
    save_file(source.state_dict(), tmp_path / "test_resnet.safetensors")
    weights = WeightsFile("test_resnet", tmp_path / "test_resnet.safetensors", "folder")

    model = detector(schema, weights=weights, image__image_channels=channels)

    own, found = model.state_dict(), source.state_dict()
    deep = "layer3.0.conv1.weight"
    assert torch.equal(own[f"network.backbone.body.{deep}"], found[deep])
    first = own["network.backbone.body.conv1.0.weight"]
    expected = found["conv1.0.weight"]
    assert torch.allclose(first, expected if channels == 3 else expected.sum(1, keepdim=True), atol=1e-6)


@BOTH
def test_weights_of_another_architecture_are_refused(schema: Schema, tmp_path: Path) -> None:
    save_file(timm.create_model("test_resnet").state_dict(), tmp_path / "wrong.safetensors")
    weights = WeightsFile("resnet18", tmp_path / "wrong.safetensors", "folder")

    with pytest.raises(WeightsError, match="do not fit 'resnet18'"):
        detector(schema, weights=weights, architecture__backbone="resnet18")


@BOTH
def test_a_batch_without_any_object_trains(schema: Schema) -> None:
    model = detector(schema)

    loss = model.loss(model(batch()), [NOTHING, NOTHING])
    loss.backward()

    assert torch.isfinite(loss)
    assert all(torch.isfinite(one.grad).all() for one in model.parameters() if one.grad is not None)


@BOTH
def test_mixed_precision_gives_nearly_the_same_losses_and_boxes(schema: Schema) -> None:
    model = detector(schema).eval()

    with torch.inference_mode():
        plain = model.losses_per_image(model(batch()), TRUTH)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            outputs = model(batch())
            mixed, found = model.losses_per_image(outputs, TRUTH), model.decode(outputs)

    assert torch.allclose(plain, mixed, rtol=0.05)
    assert {one.corners_N4.dtype for one in found} == {torch.float32}


@BOTH
def test_scoring_draws_no_random_number_and_gives_the_same_loss_each_time(schema: Schema) -> None:
    model = detector(schema).eval()
    before = torch.get_rng_state()

    with torch.inference_mode():
        first = model.losses_per_image(model(batch()), TRUTH)
        alone = model.losses_per_image(model(batch()[:1]), TRUTH[:1])

    assert torch.equal(before, torch.get_rng_state())
    assert first.shape == (2,)
    assert first[0].item() == pytest.approx(alone[0].item(), rel=1e-5)


@BOTH
def test_padding_leaves_boxes_where_they_are(schema: Schema) -> None:
    """An image of 100 x 140 gives the boxes it gives as the upper left part of 128 x 160 zeros."""
    small = detector(schema, image__image_height=100, image__image_width=140, image__image_normalization="No").eval()
    large = detector(schema, image__image_height=128, image__image_width=160, image__image_normalization="No").eval()
    images = batch(1, 100, 140)
    padded = torch.zeros((1, 3, 128, 160), dtype=torch.uint8)
    padded[:, :, :100, :140] = images

    with torch.inference_mode():
        one, other = small(images), large(padded)

    for mine, theirs in zip(one, other, strict=True):
        if isinstance(mine, torch.Tensor):
            assert torch.allclose(mine, theirs, atol=1e-4)


@BOTH
def test_only_the_body_keeps_its_statistics(schema: Schema) -> None:
    model = detector(schema, keep=True)
    model.train()

    norms = [(name, one.training) for name, one in model.named_modules() if isinstance(one, _BatchNorm)]

    assert {is_training for name, is_training in norms if ".body." in name} == {False}


@BOTH
def test_the_overlap_and_the_limit_of_the_settings_decide_which_boxes_stay(schema: Schema) -> None:
    def kept(overlap: float, limit: int) -> int:
        model = detector(schema, prediction__nms_iou_threshold=overlap, prediction__max_det_per_image=limit).eval()
        with torch.inference_mode():
            return len(model.decode(model(batch()))[0].scores_N)

    assert kept(0.05, 500) < kept(0.9, 500)
    assert kept(0.9, 3) == 3


def test_every_side_of_a_box_is_learned_by_fcos_from_the_start() -> None:
    """With torchvision's start, a side behind a dead ReLU stays where it is."""
    steps = 40
    model = detector(FcosSettings, image__image_normalization="Inception")
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 60, (4, 3, 128, 128), dtype=torch.uint8, generator=generator)
    corners = [(20, 30, 70, 90), (50, 10, 110, 60), (10, 60, 50, 120), (60, 50, 120, 100)]
    for image, (x_min, y_min, x_max, y_max) in zip(images, corners, strict=True):
        image[:, y_min:y_max, x_min:x_max] = 220
    truth = [TrueObjects(torch.tensor([corner], dtype=torch.float32), torch.tensor([1])) for corner in corners]
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)

    for step in range(steps):
        optimizer.param_groups[0]["lr"] = 1e-3 * schedule_factor("Cosine", step, steps, 5)
        optimizer.zero_grad()
        model.loss(model(images), truth).backward()
        optimizer.step()
    found = model.decode(model(images))

    for one, corner in zip(found, corners, strict=True):
        assert one.classes_N[0] == 1
        assert pairwise_iou(one.corners_N4[:1].detach().numpy(), np.array([corner]))[0, 0] > 0.6
