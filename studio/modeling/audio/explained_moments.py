"""Which moments of a recording explain what a speech encoder and a head say of it: HiResCAM over its frames.

Draelos and Carin 2020, arXiv:2011.08891. Shapes: S samples, T frames, F features, M mel bins, C columns.
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from studio.modeling.audio.speech_encoder import SpeechEncoder, heard_frames
from studio.modeling.encoder_recipe import EncoderModel, Score
from studio.modeling.images.hires_cam import positive_share


def explained_moments(
    model: EncoderModel,
    encoder: SpeechEncoder,
    audio_S: Tensor,
    heard: int,
    sides: tuple[int, int],
    score_of: Callable[[Tensor], Score],
) -> Tensor:
    """A map (M, C) from 0 to 1, the same for all frequencies of a moment; what was not heard explains nothing."""
    samples, heard_1 = len(audio_S), torch.tensor([heard], device=audio_S.device)
    with torch.no_grad():
        frames_1TF = encoder.frames(audio_S[None], audio_S.new_zeros(1, 0, 3), heard_1)
    with torch.enable_grad():
        frames_1TF = frames_1TF.detach().requires_grad_()
        outputs = model.outputs_of(encoder.pooled_frames(frames_1TF, heard_1, samples))
        (gradients_1TF,) = torch.autograd.grad(score_of(outputs.detach())(outputs).sum(), frames_1TF)
    shares_1T = (frames_1TF.detach() * gradients_1TF).float().sum(2)
    shares_1T[:, heard_frames(shares_1T.shape[1], heard, samples) :] = 0
    shares_1C = functional.interpolate(positive_share(shares_1T)[None], sides[1], mode="linear", align_corners=False)[0]
    return shares_1C.expand(sides[0], -1)
