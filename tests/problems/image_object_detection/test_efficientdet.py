"""EfficientDet: every cure for a fault of the library has its test here."""

from typing import Any

import numpy as np
import pytest
import timm
import torch
from effdet.config.model_config import efficientdet_model_param_dict
from timm.layers import DropPath

from studio.errors import TrainingError
from studio.modeling.boxes import pairwise_iou
from studio.modeling.detection.efficientdet import EfficientDetector, backbone_name
from studio.modeling.detection.objects import TrueObjects
from studio.modeling.schedules import schedule_factor
from studio.problems.registry import problem_type
from studio.settings.schema import SettingsSchema


def settings(**changes: Any) -> SettingsSchema:
    small = {
        "architecture.backbone": "tf_efficientdet_lite0",
        "architecture.pretrained": False,
        "image.image_width": 128,
        "image.image_height": 128,
    }
    return (
        problem_type("image_object_detection")
        .model_type("efficientdet")
        .settings.from_mapping({**small, **{key.replace("__", "."): value for key, value in changes.items()}})
    )


def detector(classes: int = 2, *, keep: bool = False, **changes: Any) -> EfficientDetector:
    torch.manual_seed(0)
    return EfficientDetector(settings(**changes), classes, None, keep_statistics=keep)


def batch(count: int = 2, height: int = 128, width: int = 128, channels: int = 3) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (count, channels, height, width), dtype=torch.uint8, generator=generator)


TRUTH = [
    TrueObjects(torch.tensor([[10.0, 20.0, 60.0, 90.0]]), torch.tensor([1])),
    TrueObjects(torch.zeros((0, 4)), torch.zeros(0, dtype=torch.int64)),
]


@pytest.mark.parametrize(
    "changes",
    [
        {"architecture__anchor_num_scales": 2},
        {"architecture__anchor_aspect_ratios": [1.0, 1.5, 0.7, 3.0]},
        {"architecture__anchor_scale": 2.0},
        {"architecture__drop_path_rate": "0.2"},
        {"image__image_channels": 1},
        {"image__image_width": 140, "image__image_height": 100},
        {"image__image_normalization": "Channel"},
        {"architecture__anchor_iou_match_threshold": 0.4},
    ],
)
def test_it_trains_and_predicts_with(changes: dict[str, Any]) -> None:
    model = detector(**changes, prediction__max_det_per_image=7)
    chosen = settings(**changes).image
    images = batch(2, chosen.image_height, chosen.image_width, chosen.image_channels)

    loss = model.loss(model(images), TRUTH)
    loss.backward()
    found = model.eval().decode(model(images))

    assert torch.isfinite(loss)
    assert all(len(one.scores_N) <= 7 for one in found)


def test_one_class_on_a_small_image_has_fewer_candidates_than_the_library_asks_for() -> None:
    model = detector(classes=1, image__image_width=64, image__image_height=64, architecture__anchor_num_scales=1)
    model.eval()

    found = model.decode(model(batch(1, 64, 64)))

    assert found[0].corners_N4.shape[1] == 4


def test_the_overlap_of_the_settings_decides_what_is_suppressed() -> None:
    def kept(overlap: float) -> int:
        model = detector(prediction__nms_iou_threshold=overlap, prediction__max_det_per_image=5000).eval()
        return len(model.decode(model(batch()))[0].scores_N)

    assert kept(0.05) < kept(0.95)


def test_boxes_come_back_inside_the_image_best_first() -> None:
    model = detector().eval()

    found = model.decode(model(batch()))[0]

    assert found.corners_N4.min() >= 0
    assert found.corners_N4.max() <= 128
    assert found.scores_N.tolist() == sorted(found.scores_N.tolist(), reverse=True)


def test_an_image_alone_has_the_loss_it_has_in_a_batch() -> None:
    model = detector().eval()
    images = batch()

    together = model.losses_per_image(model(images), TRUTH)
    alone = model.loss(model(images[:1]), TRUTH[:1])

    assert together[0].item() == pytest.approx(alone.item(), rel=1e-5)
    assert together.shape == (2,)


def test_only_the_backbone_keeps_its_statistics() -> None:
    model = detector(keep=True)
    model.train()

    norms = [
        (name, one.training) for name, one in model.network.named_modules() if isinstance(one, torch.nn.BatchNorm2d)
    ]

    assert {is_training for name, is_training in norms if name.startswith("backbone")} == {False}
    assert {is_training for name, is_training in norms if not name.startswith("backbone")} == {True}


def test_statistics_arrive_within_a_short_run() -> None:
    assert {one.momentum for one in detector().network.modules() if isinstance(one, torch.nn.BatchNorm2d)} == {0.1}


def test_box_weight_and_focal_settings_change_the_loss() -> None:
    def loss(**changes: Any) -> float:
        model = detector(**changes).eval()
        return float(model.loss(model(batch()), TRUTH).detach())

    base = loss()

    assert loss(training__box_loss_weight=0.0) < base
    assert loss(training__focal_cls_loss_alpha=0.9) != base
    assert loss(training__focal_cls_loss_gamma=0.0) > base


def test_boxes_are_overfitted() -> None:
    model = detector(image__image_normalization="Inception")
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 60, (4, 3, 128, 128), dtype=torch.uint8, generator=generator)
    corners = [(20, 30, 70, 90), (50, 10, 110, 60), (10, 60, 50, 120), (60, 50, 120, 100)]
    for image, (x_min, y_min, x_max, y_max) in zip(images, corners, strict=True):
        image[:, y_min:y_max, x_min:x_max] = 220
    truth = [TrueObjects(torch.tensor([corner], dtype=torch.float32), torch.tensor([1])) for corner in corners]
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)

    for step in range(60):
        optimizer.param_groups[0]["lr"] = 3e-3 * schedule_factor("Cosine", step, 60, 10)
        optimizer.zero_grad()
        model.loss(model(images), truth).backward()
        optimizer.step()
    found = model.decode(model(images))

    for one, corner in zip(found, corners, strict=True):
        assert one.classes_N[0] == 1
        assert one.scores_N[0] > 0.6
        assert pairwise_iou(one.corners_N4[:1].detach().numpy(), np.array([corner]))[0, 0] > 0.9


def test_a_box_right_on_an_anchor_is_learned_too() -> None:
    model = detector(architecture__anchor_scale=4.0)
    on_anchor = model.anchors.boxes[40:41][:, [1, 0, 3, 2]].clone()

    _, box_targets, positives = model._targets([TrueObjects(on_anchor, torch.tensor([0]))])

    assert positives.item() >= 1
    assert sum(int((level != 0).sum()) for level in box_targets) == 4 * int(positives.item())


def test_backbones_of_other_families_are_named_for_their_weights() -> None:
    assert backbone_name("tf_efficientdet_d0") == "tf_efficientnet_b0"
    assert backbone_name("resdet50") == "resnet50"
    with pytest.raises(TrainingError, match="no model"):
        backbone_name("efficientdet_nonsense")
    with pytest.raises(TrainingError, match="no model"):
        detector(architecture__backbone="efficientdet_nonsense")


@pytest.mark.parametrize("name", sorted(efficientdet_model_param_dict))
def test_any_name_of_the_library_has_a_backbone_that_timm_knows(name: str) -> None:
    assert timm.is_model(backbone_name(name).partition(".")[0])


@pytest.mark.parametrize("name", ["efficientdet_q0", "resdet50", "cspresdet50", "efficientdetv2_dt"])
def test_other_families_of_the_library_train_and_predict(name: str) -> None:
    model = detector(architecture__backbone=name)

    model.loss(model(batch()), TRUTH).backward()

    assert len(model.eval().decode(model(batch()))) == 2


def test_the_drop_path_rate_reaches_the_backbone() -> None:
    def highest(rate: str) -> float:
        paths = (one for one in detector(architecture__drop_path_rate=rate).modules() if isinstance(one, DropPath))
        return max((one.drop_prob for one in paths), default=0.0)

    assert highest("0.0") == 0.0
    assert 0.1 < highest("0.2") <= 0.2


def test_anchors_follow_the_settings() -> None:
    def sides(**changes: Any) -> np.ndarray:
        boxes = detector(**changes).anchors.boxes.numpy()
        return boxes[:, 2:] - boxes[:, :2]

    default = sides()

    assert len(sides(architecture__anchor_num_scales=1)) * 3 == len(default)
    assert np.allclose(sides(architecture__anchor_scale=2.0) * 2, default)
    assert len(sides(architecture__anchor_aspect_ratios=[1.0])) * 3 == len(default)
    square = sides(architecture__anchor_aspect_ratios=[1.0])
    assert np.allclose(square[:, 0], square[:, 1])


def test_a_lower_match_threshold_gives_more_positive_anchors() -> None:
    def positives(threshold: float) -> float:
        return float(detector(architecture__anchor_iou_match_threshold=threshold)._targets(TRUTH)[2].sum())

    assert positives(0.3) > positives(0.6)
