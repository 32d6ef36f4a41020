"""The prompt encoder and the mask decoder of Segment Anything, joined into one network as in the official export.

After Kirillov et al., "Segment Anything" (2023). Parameters have the names of the official checkpoints.
"""

from __future__ import annotations

import itertools
import math

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from sambaseg.smart.models.sam_torch.encoder import ChannelNorm, Perceptron

HEADS = 8
MASK_TOKENS = 4
POINT_KINDS = 4


class PositionEncoding(nn.Module):
    """Positions as sines and cosines of random frequencies."""

    def __init__(self, half: int) -> None:
        super().__init__()
        self.register_buffer("positional_encoding_gaussian_matrix", torch.zeros(2, half))

    def forward(self, places: Tensor) -> Tensor:
        """Return (..., 2 * half) for places (..., 2), x before y, each from 0 to 1."""
        waves = (2 * places - 1) @ self.positional_encoding_gaussian_matrix * (2 * math.pi)
        return torch.cat([torch.sin(waves), torch.cos(waves)], dim=-1)


class PromptEncoder(nn.Module):
    """Points and an earlier mask as vectors."""

    def __init__(self, channels: int, grid: int, side: int, mask_channels: int) -> None:
        super().__init__()
        self.grid, self.side = grid, side
        self.pe_layer = PositionEncoding(channels // 2)
        self.point_embeddings = nn.ModuleList(nn.Embedding(1, channels) for _ in range(POINT_KINDS))
        self.not_a_point_embed = nn.Embedding(1, channels)
        self.mask_downscaling = nn.Sequential(
            nn.Conv2d(1, mask_channels // 4, kernel_size=2, stride=2),
            ChannelNorm(mask_channels // 4),
            nn.GELU(),
            nn.Conv2d(mask_channels // 4, mask_channels, kernel_size=2, stride=2),
            ChannelNorm(mask_channels),
            nn.GELU(),
            nn.Conv2d(mask_channels, channels, kernel_size=1),
        )
        self.no_mask_embed = nn.Embedding(1, channels)

    def points(self, places: Tensor, meanings: Tensor) -> Tensor:
        """Return (1, n, C) for places (1, n, 2) in the input and meanings (1, n): 0 and 1, box corners 2 and 3, -1."""
        embedded = self.pe_layer((places + 0.5) / self.side)
        meanings = meanings[..., None]
        embedded = embedded * (meanings != -1) + self.not_a_point_embed.weight * (meanings == -1)
        for meaning, embedding in enumerate(self.point_embeddings):
            embedded = embedded + embedding.weight * (meanings == meaning)  # type: ignore[operator]
        return embedded

    def mask(self, mask_input: Tensor, has_mask_input: Tensor) -> Tensor:
        """Return (1, C, grid, grid), the same everywhere where there is no mask."""
        none = self.no_mask_embed.weight.reshape(1, -1, 1, 1)
        answer: Tensor = has_mask_input * self.mask_downscaling(mask_input) + (1 - has_mask_input) * none
        return answer

    def everywhere(self) -> Tensor:
        """Return the position encoding of every cell of the embedding, (1, grid * grid, C), row by row."""
        middles = (torch.arange(self.grid) + 0.5) / self.grid
        y, x = torch.meshgrid(middles, middles, indexing="ij")
        answer: Tensor = self.pe_layer(torch.stack([x, y], dim=-1)).flatten(0, 1)[None]
        return answer


class Attention(nn.Module):
    """Attention whose inner width may be smaller than that of what goes in and out."""

    def __init__(self, channels: int, inner: int) -> None:
        super().__init__()
        self.q_proj = nn.Linear(channels, inner)
        self.k_proj = nn.Linear(channels, inner)
        self.v_proj = nn.Linear(channels, inner)
        self.out_proj = nn.Linear(inner, channels)

    def forward(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """Return (1, queries, C)."""
        query, key, value = (
            projection(values).reshape(1, -1, HEADS, projection.out_features // HEADS).transpose(1, 2)
            for projection, values in ((self.q_proj, query), (self.k_proj, key), (self.v_proj, value))
        )
        weights = torch.softmax(query @ key.transpose(-2, -1) / math.sqrt(query.shape[-1]), dim=-1)
        answer: Tensor = self.out_proj((weights @ value).transpose(1, 2).flatten(2))
        return answer


class TwoWayBlock(nn.Module):
    """Prompt looks at itself and at the image, the image looks back."""

    def __init__(self, channels: int, inner: int, hidden: int, *, first: bool) -> None:
        super().__init__()
        self.first = first
        self.self_attn = Attention(channels, channels)
        self.norm1 = nn.LayerNorm(channels)
        self.cross_attn_token_to_image = Attention(channels, inner)
        self.norm2 = nn.LayerNorm(channels)
        self.mlp = Perceptron(channels, hidden, nn.ReLU())
        self.norm3 = nn.LayerNorm(channels)
        self.norm4 = nn.LayerNorm(channels)
        self.cross_attn_image_to_token = Attention(channels, inner)

    def forward(
        self, tokens: Tensor, image: Tensor, token_places: Tensor, image_places: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return tokens and image, changed."""
        if self.first:
            tokens = self.self_attn(tokens, tokens, tokens)
        else:
            placed = tokens + token_places
            tokens = tokens + self.self_attn(placed, placed, tokens)
        tokens = self.norm1(tokens)
        tokens = tokens + self.cross_attn_token_to_image(tokens + token_places, image + image_places, image)
        tokens = self.norm2(tokens)
        tokens = self.norm3(tokens + self.mlp(tokens))
        image = image + self.cross_attn_image_to_token(image + image_places, tokens + token_places, tokens)
        return tokens, self.norm4(image)


class TwoWayTransformer(nn.Module):
    """Some such blocks, and a last look of the prompt at the image."""

    def __init__(self, channels: int, inner: int, hidden: int, depth: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(TwoWayBlock(channels, inner, hidden, first=layer == 0) for layer in range(depth))
        self.final_attn_token_to_image = Attention(channels, inner)
        self.norm_final_attn = nn.LayerNorm(channels)

    def forward(self, image: Tensor, image_places: Tensor, token_places: Tensor) -> tuple[Tensor, Tensor]:
        """Return the tokens (1, n, C) and the image (1, cells, C)."""
        image = image.flatten(2).transpose(1, 2)
        tokens = token_places
        for layer in self.layers:
            tokens, image = layer(tokens, image, token_places, image_places)
        looked = self.final_attn_token_to_image(tokens + token_places, image + image_places, image)
        return self.norm_final_attn(tokens + looked), image


class Layers(nn.Module):
    """Linear layers with a ReLU between them."""

    def __init__(self, channels: int, hidden: int, out: int, depth: int) -> None:
        super().__init__()
        widths = [channels, *[hidden] * (depth - 1), out]
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in itertools.pairwise(widths))

    def forward(self, values: Tensor) -> Tensor:
        """Return (..., out)."""
        for number, layer in enumerate(self.layers):
            values = layer(values if number == 0 else functional.relu(values))
        return values


class MaskDecoder(nn.Module):
    """From an embedding and an encoded prompt to four masks and an estimate of the quality of each."""

    def __init__(self, *, channels: int, inner: int, hidden: int, depth: int, iou_hidden: int, iou_depth: int) -> None:
        super().__init__()
        self.transformer = TwoWayTransformer(channels, inner, hidden, depth)
        self.iou_token = nn.Embedding(1, channels)
        self.mask_tokens = nn.Embedding(MASK_TOKENS, channels)
        self.output_upscaling = nn.Sequential(
            nn.ConvTranspose2d(channels, channels // 4, kernel_size=2, stride=2),
            ChannelNorm(channels // 4),
            nn.GELU(),
            nn.ConvTranspose2d(channels // 4, channels // 8, kernel_size=2, stride=2),
            nn.GELU(),
        )
        self.output_hypernetworks_mlps = nn.ModuleList(
            Layers(channels, channels, channels // 8, 3) for _ in range(MASK_TOKENS)
        )
        self.iou_prediction_head = Layers(channels, iou_hidden, MASK_TOKENS, iou_depth)

    def forward(self, image: Tensor, image_places: Tensor, points: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Return estimates (1, 4) and masks (1, 4, s, s)."""
        tokens = torch.cat([self.iou_token.weight, self.mask_tokens.weight])[None]
        tokens, seen = self.transformer(image + mask, image_places, torch.cat([tokens, points], dim=1))
        upscaled = self.output_upscaling(seen.transpose(1, 2).reshape(image.shape))
        shares = torch.stack(
            [layers(tokens[:, 1 + number]) for number, layers in enumerate(self.output_hypernetworks_mlps)], dim=1
        )
        masks = (shares @ upscaled.flatten(2)).reshape(1, MASK_TOKENS, *upscaled.shape[-2:])
        return self.iou_prediction_head(tokens[:, 0]), masks


class DecoderForExport(nn.Module):
    """Prompt encoder and mask decoder in one, with the inputs and outputs of the official export.

    Its ``masks``, which are enlarged to the image, are left out, and so is ``orig_im_size``: enlarging costs more than
    all the rest, and is done outside.
    """

    def __init__(self, prompt_encoder: PromptEncoder, mask_decoder: MaskDecoder) -> None:
        super().__init__()
        self.prompt_encoder, self.mask_decoder = prompt_encoder, mask_decoder
        self.register_buffer(
            "places", prompt_encoder.everywhere()
        )  # persistent ones are written once, not for each use

    def forward(
        self, image_embeddings: Tensor, point_coords: Tensor, point_labels: Tensor, mask_input: Tensor, has_mask: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return ``iou_predictions`` (1, 4) and ``low_res_masks`` (1, 4, s, s)."""
        points = self.prompt_encoder.points(point_coords, point_labels)
        mask = self.prompt_encoder.mask(mask_input, has_mask)
        answer: tuple[Tensor, Tensor] = self.mask_decoder(image_embeddings, self.places, points, mask)
        return answer
