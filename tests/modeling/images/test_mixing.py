"""Mixtures of images, labels and boxes, against timm's and against pixels counted one by one."""

from typing import Any

import numpy as np
import pytest
import torch
from timm.data.mixup import Mixup, cutmix_bbox_and_lam

from studio.modeling.detection.objects import TrueObjects
from studio.modeling.images.mixing import Mixture, Patch, draw_partners, draw_patch, inside, mixtures, outside
from studio.settings.sections.augmentation import LabelMixSection

SIZE = 32


def section(**changes: Any) -> LabelMixSection:
    return LabelMixSection(mix_image="Mixup").model_copy(update=changes)


def images(count: int = 4) -> torch.Tensor:
    return torch.rand(count, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(0)) * 255


def reverse(count: int) -> torch.Tensor:
    """timm's partners: the batch backwards."""
    return torch.arange(count).flip(0)


def test_mixup_equals_timms() -> None:
    truth = torch.tensor([0, 1, 2, 1])
    np.random.seed(3)
    theirs, soft = Mixup(mixup_alpha=0.8, num_classes=3, label_smoothing=0.0)(images(), truth)
    np.random.seed(3)
    np.random.rand()
    ratio = float(np.random.beta(0.8, 0.8))

    mixture = Mixture(reverse(4), ratio, None)

    assert torch.allclose(mixture.images(images()), theirs, atol=1e-3)
    assert torch.allclose(mixture.targets(torch.eye(3)[truth], "Ratio"), soft, atol=1e-6)


def test_cutmix_equals_timms() -> None:
    truth = torch.tensor([0, 1, 2, 1])
    np.random.seed(5)
    theirs, soft = Mixup(mixup_alpha=0.0, cutmix_alpha=1.0, num_classes=3, label_smoothing=0.0)(images(), truth)
    np.random.seed(5)
    np.random.rand()
    drawn = float(np.random.beta(1.0, 1.0))
    (top, bottom, left, right), ratio = cutmix_bbox_and_lam(images().shape, drawn)

    mixture = Mixture(reverse(4), ratio, Patch(left, top, right, bottom))

    assert torch.equal(mixture.images(images()), theirs)
    assert torch.allclose(mixture.targets(torch.eye(3)[truth], "Ratio"), soft, atol=1e-6)


def test_targets_follow_the_rule() -> None:
    mixture = Mixture(torch.tensor([1, 0]), 0.7, None)
    labels = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])

    assert mixture.targets(labels, "Ratio").tolist() == [pytest.approx([0.7, 0.3, 0]), pytest.approx([0.3, 0.7, 0])]
    assert mixture.targets(labels, "Union").tolist() == [[1, 1, 0], [1, 1, 0]]
    assert mixture.targets(labels, "Keep").tolist() == labels.tolist()


def test_bytes_stay_bytes_and_are_rounded() -> None:
    two = torch.stack([torch.full((1, 2, 2), 10, dtype=torch.uint8), torch.full((1, 2, 2), 13, dtype=torch.uint8)])

    mixed = Mixture(torch.tensor([1, 0]), 0.5, None).images(two)

    assert mixed.dtype == torch.uint8
    assert set(mixed.flatten().tolist()) <= {11, 12}


def test_the_probability_is_the_share_of_batches_that_are_mixed() -> None:
    torch.manual_seed(0)

    mixed = sum(bool(mixtures(section(mix_probability=0.3), 4, SIZE, SIZE, corner=False)) for _ in range(1000))

    assert 250 < mixed < 350
    assert not mixtures(section(mix_image="Disabled"), 4, SIZE, SIZE, corner=False)
    assert not mixtures(section(), 1, SIZE, SIZE, corner=False)


def test_iterations_mix_the_batch_so_often() -> None:
    assert len(mixtures(section(mix_iterations=3), 4, SIZE, SIZE, corner=False)) == 3


def test_nothing_is_mixed_with_itself() -> None:
    torch.manual_seed(0)

    drawn = [draw_partners(3).tolist() for _ in range(40)]

    assert {tuple(one) for one in drawn} == {(1, 2, 0), (2, 0, 1)}


def test_a_high_concentration_mixes_half_and_half_and_a_low_one_leaves_one_image() -> None:
    torch.manual_seed(0)

    def ratios(concentration: float) -> np.ndarray:
        chosen = section(mix_concentration=concentration)
        return np.array([mixtures(chosen, 4, SIZE, SIZE, corner=False)[0].ratio for _ in range(300)])

    assert np.abs(ratios(50.0) - 0.5).mean() < 0.06
    assert np.abs(ratios(0.1) - 0.5).mean() > 0.4


@pytest.mark.parametrize("corner", [True, False])
def test_the_ratio_is_the_share_of_pixels_that_stay(corner: bool) -> None:
    torch.manual_seed(1)
    ours, other = torch.zeros(1, 1, SIZE, 2 * SIZE), torch.ones(1, 1, SIZE, 2 * SIZE)

    for _ in range(50):
        found = mixtures(section(mix_image="Cutmix"), 2, SIZE, 2 * SIZE, corner=corner)[0]
        mixed = Mixture(torch.tensor([1, 0]), found.ratio, found.patch).images(torch.cat([ours, other]))[0]
        assert mixed.mean().item() == pytest.approx(1 - found.ratio, abs=1e-5)


def test_a_corner_patch_touches_two_edges_and_every_corner_comes_up() -> None:
    torch.manual_seed(0)

    patches = [draw_patch(0.25, SIZE, 2 * SIZE, corner=True) for _ in range(60)]

    assert {(one.x_min, one.y_min) for one in patches} == {(0, 0), (SIZE, 0), (0, SIZE // 2), (SIZE, SIZE // 2)}
    assert {(one.x_max - one.x_min, one.y_max - one.y_min) for one in patches} == {(SIZE, SIZE // 2)}


def test_draws_are_part_of_torchs_generator() -> None:
    torch.manual_seed(4)
    state = torch.get_rng_state()
    first = mixtures(section(mix_image="Cutmix"), 8, SIZE, SIZE, corner=False)[0]
    torch.set_rng_state(state)

    second = mixtures(section(mix_image="Cutmix"), 8, SIZE, SIZE, corner=False)[0]

    assert first.patch == second.patch
    assert torch.equal(first.partners, second.partners)


def objects(*boxes: tuple[float, float, float, float]) -> TrueObjects:
    return TrueObjects(torch.tensor(boxes).reshape(-1, 4), torch.arange(len(boxes)))


def test_mixup_keeps_the_boxes_of_both() -> None:
    truth = [objects((0, 0, 5, 5)), objects((1, 1, 9, 9), (2, 2, 4, 4)), objects()]

    mixed = Mixture(torch.tensor([1, 2, 2]), 0.5, None).objects(truth)

    assert [len(one.classes_N) for one in mixed] == [3, 2, 0]
    assert mixed[0].corners_N4.tolist() == [[0, 0, 5, 5], [1, 1, 9, 9], [2, 2, 4, 4]]
    assert mixed[0].classes_N.tolist() == [0, 0, 1]


def test_boxes_beside_a_patch_shrink_only_where_a_whole_side_is_covered() -> None:
    patch = Patch(0, 0, 10, 10)

    seen = outside(objects((2, 5, 8, 15), (5, 2, 15, 8), (5, 5, 15, 15), (1, 1, 9, 9), (12, 12, 20, 20)), patch)

    assert seen.corners_N4.tolist() == [[2, 10, 8, 15], [10, 2, 15, 8], [5, 5, 15, 15], [12, 12, 20, 20]]
    assert seen.classes_N.tolist() == [0, 1, 2, 4]


def test_boxes_in_a_patch_are_cut_to_it_and_small_rests_are_dropped() -> None:
    patch = Patch(0, 0, 10, 10)

    seen = inside(objects((2, 2, 6, 6), (5, 5, 15, 15), (9, 9, 19, 19), (30, 30, 40, 40)), patch)

    assert seen.corners_N4.tolist() == [[2, 2, 6, 6], [5, 5, 10, 10]]
    assert seen.classes_N.tolist() == [0, 1]


def test_boxes_around_a_corner_patch_are_those_of_the_pixels_still_to_be_seen() -> None:
    """Drawn as masks, cut as pixels, and boxed again."""
    generator = torch.Generator().manual_seed(0)
    torch.manual_seed(0)

    for _ in range(300):
        patch = draw_patch(torch.rand((), generator=generator).item(), SIZE, SIZE, corner=True)
        low = torch.randint(0, SIZE - 8, (2,), generator=generator)
        high = low + torch.randint(2, 8, (2,), generator=generator)
        box = (*low.tolist(), *high.tolist())
        mask = torch.zeros(SIZE, SIZE, dtype=torch.bool)
        mask[box[1] : box[3], box[0] : box[2]] = True
        in_patch = torch.zeros_like(mask)
        in_patch[patch.y_min : patch.y_max, patch.x_min : patch.x_max] = True

        for seen, rest in (
            (outside(objects(box), patch), mask & ~in_patch),
            (inside(objects(box), patch), mask & in_patch),
        ):
            if rest.sum() < max(1, 0.1 * mask.sum()):
                assert len(seen.classes_N) == 0
                continue
            rows, columns = rest.any(1).nonzero().flatten(), rest.any(0).nonzero().flatten()
            expected = [columns.min().item(), rows.min().item(), columns.max().item() + 1, rows.max().item() + 1]
            assert seen.corners_N4.tolist() == [expected]
