"""WhisperModel: Whisper of the transformers library, which hears a window of sound and writes what is said in it.

Radford et al. 2022, arXiv:2212.04356.

Shapes: N windows, S samples, P places of the encoder, D features, T tokens, V vocabulary.
"""

import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from studio.modeling.audio.whisper_features import WhisperFeatures
from studio.modeling.hub_models.building import build, checkpoint_activations, model_config
from studio.modeling.hub_models.tied_weights import keep_once
from studio.modeling.recipe import Assets
from studio.modeling.speech.sources import SAMPLES_A_PLACE, speech_config
from studio.modeling.speech.trust import (
    LEAST_LOG_PROBABILITY,
    MOST_COMPRESSION,
    MOST_NO_SPEECH,
    compression_ratio,
)
from studio.modeling.speech.whisper_tokens import WhisperTokens
from studio.modeling.speech.word_times import following_heads, recorded_attention, word_times
from studio.modeling.text.sampling import GumbelDraws
from studio.modeling.text.tokens.tokenizer import TextTokenizer
from studio.modeling.token_targets import IGNORED
from studio.modeling.weights import WeightsFile

TEMPERATURES = (0.2, 0.4, 0.6, 0.8, 1.0)


@dataclass(frozen=True)
class Written:
    """What is written of one window."""

    text: str
    mean_log_probability: float
    """Of its tokens."""
    no_speech: float
    """The probability that nobody speaks."""
    temperature: float = 0.0
    """Of the draws that wrote it; 0 without any."""
    ids: tuple[int, ...] = ()
    """Its tokens."""
    times: tuple[tuple[float, float], ...] = ()
    """Seconds from the beginning of the window in which each of its words is said; empty where they are not known."""
    attention: NDArray[np.float32] | None = field(default=None, repr=False, compare=False)
    """Where heads look (H, T + 1, P) that follow the words, while each token and the end are written."""

    @property
    def compression(self) -> float:
        """How much smaller it can be packed."""
        return compression_ratio(self.text)

    @property
    def is_doubtful(self) -> bool:
        """Whether it repeats itself, or the model is unsure of it."""
        return self.compression > MOST_COMPRESSION or self.mean_log_probability < LEAST_LOG_PROBABILITY

    @property
    def is_silence(self) -> bool:
        """Whether nobody speaks, and the model is unsure of what it wrote all the same."""
        return self.no_speech > MOST_NO_SPEECH and self.mean_log_probability < LEAST_LOG_PROBABILITY


class WhisperModel(nn.Module):
    """An encoder that hears and a decoder that writes."""

    def __init__(
        self,
        architecture: Any,
        assets: Assets,
        tokens: WhisperTokens,
        heard: tuple[int, int],
        tokenizer: TextTokenizer,
        weights: WeightsFile | None,
    ) -> None:
        """`heard` are the samples that are heard at once, and samples a second."""
        super().__init__()
        from transformers import AutoModelForSpeechSeq2Seq

        config = model_config(speech_config(assets))
        config.apply_spec_augment, config.encoder_layerdrop, config.decoder_layerdrop = False, 0.0, 0.0
        self.network: Any = build(AutoModelForSpeechSeq2Seq, config, weights).float()
        _hear_less(self.network, heard[0] // SAMPLES_A_PLACE)
        self.features = WhisperFeatures(config.num_mel_bins, *heard)
        self._tokens, self._tokenizer, self._config = tokens, tokenizer, config
        self._heads, self._sample_rate = following_heads(speech_config(assets)), heard[1]
        if architecture.gradient_checkpointing:
            checkpoint_activations(self.network, architecture.backbone)
        self._is_frozen = bool(architecture.freeze_encoder)
        if self._is_frozen:
            self.network.get_encoder().requires_grad_(False)
        keep_once(self)

    def hear(self, audio_NS: Tensor) -> Tensor:
        """What the encoder makes of windows (N, P, D)."""
        with torch.set_grad_enabled(torch.is_grad_enabled() and not self._is_frozen):
            heard: Tensor = self.network.get_encoder()(self.features(audio_NS)).last_hidden_state
        return heard

    def forward(self, audio_NS: Tensor, targets_NT: Tensor) -> Tensor:
        """Logits of each token to write, given those before it (N, T, V)."""
        return self.logits(self.hear(audio_NS), targets_NT)[:, len(self._tokens.prefix) - 1 :]

    def logits(self, heard_NPD: Tensor, tokens_NT: Tensor) -> Tensor:
        """Logits of every token of transcripts, and of those that they begin with but the first."""
        before = tokens_NT[:, :-1].masked_fill(tokens_NT[:, :-1] == IGNORED, self._tokens.end)
        ids = torch.cat([self._prefix(tokens_NT), before], 1)
        found = self.network(encoder_outputs=(heard_NPD,), decoder_input_ids=ids, use_cache=False)
        logits: Tensor = found.logits
        return logits.float()

    def write(self, heard_NPD: Tensor, lengths: Sequence[int], prediction: Any, seeds: Sequence[int]) -> list[Written]:
        """What is said in each window of so many samples, as the settings say; a seed each decides the draws."""
        written = self._once(heard_NPD, prediction, 0.0, seeds)
        if prediction.temperature_fallback:
            written = self._guarded(written, heard_NPD, prediction, seeds)
        return [self._timed(one, samples) for one, samples in zip(written, lengths, strict=True)]

    def _guarded(
        self, written: list[Written], heard_NPD: Tensor, prediction: Any, seeds: Sequence[int]
    ) -> list[Written]:
        """With doubtful transcripts written again, and none of silence."""
        for temperature in TEMPERATURES:
            again = [place for place, one in enumerate(written) if one.is_doubtful and not one.is_silence]
            if not again:
                break
            chosen = torch.tensor(again, device=heard_NPD.device)
            redrawn = self._once(heard_NPD[chosen], prediction, temperature, [seeds[place] for place in again])
            for place, one in zip(again, redrawn, strict=True):
                written[place] = one
        return [replace(one, text="", ids=()) if one.is_silence else one for one in written]

    def _timed(self, written: Written, samples: int) -> Written:
        """With the times of words in a window of so many samples."""
        assert written.attention is not None
        places = max(1, math.ceil(samples / SAMPLES_A_PLACE))
        pieces = self._tokenizer.tokens(written.ids)
        times = word_times(written.attention[:, :, :places], pieces, SAMPLES_A_PLACE / self._sample_rate)
        is_whole = len(times) == len(written.text.split())
        return replace(written, times=tuple(times) if is_whole else (), attention=None)

    def encoder(self) -> list[nn.Parameter]:
        """Parameters of what hears."""
        return list(self.network.get_encoder().parameters())

    def decoder(self) -> list[nn.Parameter]:
        """All others."""
        encoder = {id(one) for one in self.encoder()}
        return [one for one in self.network.parameters() if id(one) not in encoder]

    def _once(self, heard_NPD: Tensor, prediction: Any, temperature: float, seeds: Sequence[int]) -> list[Written]:
        """Transcripts, and how sure the model is of them."""
        from transformers import GenerationConfig, GenerationMixin, LogitsProcessorList
        from transformers.modeling_outputs import BaseModelOutput

        tokens, prefix = self._tokens, len(self._tokens.prefix)
        processors: list[Any] = [
            Suppressed(tokens, self._config.vocab_size, with_signs=prediction.suppress_default_tokens)
        ]
        if temperature:
            processors.append(GumbelDraws(seeds, temperature))
        config = GenerationConfig(  # type: ignore[no-untyped-call]
            do_sample=False,
            num_beams=1 if temperature else prediction.num_beams,
            max_new_tokens=max(1, min(prediction.max_length, self._config.max_target_positions - prefix - 1)),
            eos_token_id=tokens.end,
            pad_token_id=tokens.end,
            bos_token_id=tokens.prefix[0],
            decoder_start_token_id=tokens.prefix[0],
        )
        # The library's own Whisper would choose languages, times and chunks anew.
        ids: Any = GenerationMixin.generate(
            self.network,
            encoder_outputs=BaseModelOutput(last_hidden_state=heard_NPD),
            attention_mask=heard_NPD.new_ones(heard_NPD.shape[:2]),
            decoder_input_ids=self._prefix(heard_NPD),
            generation_config=config,
            logits_processor=LogitsProcessorList(processors),
        )
        return self._told(heard_NPD, ids[:, prefix:], temperature)

    def _told(self, heard_NPD: Tensor, ids_NT: Tensor, temperature: float) -> list[Written]:
        """Transcripts of ids with their probabilities, in one pass over all tokens."""
        end, prefix = self._tokens.end, len(self._tokens.prefix)
        is_end = (ids_NT == end).cumsum(1) > 0
        ended = torch.cat([ids_NT, ids_NT.new_full((len(ids_NT), 1), end)], 1)
        with recorded_attention(self.network.get_decoder(), self._heads) as attention_of:
            logits = self.logits(heard_NPD, ended)
            attention = attention_of().cpu().numpy()
        silence = torch.zeros(len(ids_NT))
        if self._tokens.no_speech is not None:
            silence = logits[:, 0].softmax(-1)[:, self._tokens.no_speech].cpu()
        text_logits = logits[:, prefix - 1 : -1]
        chosen = text_logits.gather(2, ids_NT[:, :, None])[:, :, 0]
        log_probabilities = chosen - text_logits.logsumexp(-1)
        counted = ~is_end | (is_end.cumsum(1) == 1)
        means = (log_probabilities * counted).sum(1) / counted.sum(1).clamp(min=1)
        counts = (~is_end).sum(1).tolist()
        rows = zip(ids_NT.tolist(), counts, means.tolist(), silence.tolist(), attention, strict=True)
        return [
            Written(
                text=self._tokenizer.decode(ids[:count]).strip(),
                mean_log_probability=mean,
                no_speech=quiet,
                temperature=temperature,
                ids=tuple(ids[:count]),
                attention=look[:, prefix - 1 : prefix + count],
            )
            for ids, count, mean, quiet, look in rows
        ]

    def _prefix(self, like: Tensor) -> Tensor:
        prefix = torch.tensor(self._tokens.prefix, device=like.device)
        return prefix[None].expand(len(like), -1)


def _hear_less(network: Any, places: int) -> None:
    """Make the encoder hear the first so many places of those it was made for."""
    encoder = network.get_encoder()
    kept = encoder.embed_positions.weight[:places].detach().clone()
    encoder.embed_positions = nn.Embedding.from_pretrained(kept, freeze=True)  # type: ignore[no-untyped-call]
    encoder.config.max_source_positions = network.config.max_source_positions = places


class Suppressed:
    """Keeps a decoder from writing what is no text, and, if asked, signs that nobody says."""

    def __init__(self, tokens: WhisperTokens, vocabulary: int, *, with_signs: bool) -> None:
        self._prefix = len(tokens.prefix)
        self._always = _mask(vocabulary, (*tokens.never, *(tokens.signs if with_signs else ())))
        self._first = _mask(vocabulary, tokens.first_signs if with_signs else ())

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        """Logits (N, V) of the next token."""
        mask = self._always if input_ids.shape[1] > self._prefix else self._always | self._first
        return scores.masked_fill(mask.to(scores.device), -torch.inf)


def _mask(vocabulary: int, ids: Sequence[int]) -> Tensor:
    mask = torch.zeros(vocabulary, dtype=torch.bool)
    mask[np.array([one for one in ids if one < vocabulary], dtype=np.int64)] = True
    return mask


def draw_seeds(audio_NS: Tensor, lengths_N: Tensor, seed: int) -> list[int]:
    """The seed of each window's draws, by what is heard in it, so that it is written the same in every batch."""
    rows = zip(audio_NS.cpu(), lengths_N.tolist(), strict=True)
    return [zlib.crc32(row[:length].numpy().tobytes(), seed & 0xFFFFFFFF) for row, length in rows]
