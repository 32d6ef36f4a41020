"""The image encoder of Segment Anything: a vision transformer with windows and a few blocks that see everything.

After Kirillov et al., "Segment Anything" (2023), and Li et al., "Exploring Plain Vision Transformer Backbones for
Object Detection" (2022). Parameters have the names of the official checkpoints. The blocks that see everything compare
4096 positions with 4096; here a few rows of them at a time, so that an export needs a tenth of the memory.
"""

from __future__ import annotations

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

GLOBAL_CHUNKS = 8
"""In how many parts the queries of a block that sees everything are answered."""


class ChannelNorm(nn.Module):
    """Layer normalisation over the channels of (n, C, h, w)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, values: Tensor) -> Tensor:
        """Return values of the same shape."""
        last = functional.layer_norm(values.permute(0, 2, 3, 1), self.weight.shape, self.weight, self.bias, 1e-6)
        return last.permute(0, 3, 1, 2)


class Perceptron(nn.Module):
    """Two linear layers with a non-linear function between them."""

    def __init__(self, channels: int, hidden: int, activation: nn.Module) -> None:
        super().__init__()
        self.lin1 = nn.Linear(channels, hidden)
        self.lin2 = nn.Linear(hidden, channels)
        self.act = activation

    def forward(self, values: Tensor) -> Tensor:
        """Return values of the same shape."""
        answer: Tensor = self.lin2(self.act(self.lin1(values)))
        return answer


class Attention(nn.Module):
    """Attention over a square of `side` by `side` positions, with relative positions by rows and columns."""

    def __init__(self, channels: int, heads: int, side: int, chunks: int) -> None:
        super().__init__()
        self.heads, self.side, self.chunks = heads, side, chunks
        self.qkv = nn.Linear(channels, channels * 3)
        self.proj = nn.Linear(channels, channels)
        self.rel_pos_h = nn.Parameter(torch.zeros(2 * side - 1, channels // heads))
        self.rel_pos_w = nn.Parameter(torch.zeros(2 * side - 1, channels // heads))

    def forward(self, values: Tensor) -> Tensor:
        """Return values of the same shape, (n, side, side, C)."""
        batch, side, heads = values.shape[0], self.side, self.heads
        parts = self.qkv(values).reshape(batch, side * side, 3, heads, -1).permute(2, 0, 3, 1, 4)
        query, key, value = parts.reshape(3, batch * heads, side * side, -1).unbind(0)
        offsets = torch.arange(side)[:, None] - torch.arange(side)[None, :] + side - 1
        rows_hkc, columns_wkc = self.rel_pos_h[offsets], self.rel_pos_w[offsets]
        key = key.transpose(-2, -1) * query.shape[-1] ** -0.5
        step = max(1, side // self.chunks)
        answers = [
            self._attend(
                query[:, top * side : (top + step) * side], key, value, rows_hkc[top : top + step], columns_wkc
            )
            for top in range(0, side, step)
        ]
        joined = answers[0] if len(answers) == 1 else torch.cat(answers, dim=1)
        joined = joined.reshape(batch, heads, side, side, -1).permute(0, 2, 3, 1, 4).reshape(batch, side, side, -1)
        answer: Tensor = self.proj(joined)
        return answer

    def _attend(self, query: Tensor, key: Tensor, value: Tensor, rows_hkc: Tensor, columns_wkc: Tensor) -> Tensor:
        """Return the answers to the queries of some rows, (n, rows * side, C)."""
        placed = query.reshape(query.shape[0], -1, self.side, query.shape[-1])
        by_row = torch.einsum("bhwc,hkc->bhwk", placed, rows_hkc)
        by_column = torch.einsum("bhwc,wkc->bhwk", placed, columns_wkc)
        weights = (query @ key).reshape(*by_row.shape, self.side)
        weights = weights + by_row[..., :, None] + by_column[..., None, :]
        return torch.softmax(weights.reshape(query.shape[0], query.shape[1], -1), dim=-1) @ value


class Block(nn.Module):
    """One block: attention, in windows or over everything, and a perceptron, each added to what came in."""

    def __init__(self, channels: int, heads: int, grid: int, window: int, hidden: int) -> None:
        super().__init__()
        self.window = window
        self.norm1 = nn.LayerNorm(channels, eps=1e-6)
        self.attn = Attention(channels, heads, window or grid, 1 if window else GLOBAL_CHUNKS)
        self.norm2 = nn.LayerNorm(channels, eps=1e-6)
        self.mlp = Perceptron(channels, hidden, nn.GELU())

    def forward(self, values: Tensor) -> Tensor:
        """Return values of the same shape, (1, grid, grid, C)."""
        seen = self.norm1(values)
        seen = self._in_windows(seen) if self.window else self.attn(seen)
        values = values + seen
        answer: Tensor = values + self.mlp(self.norm2(values))
        return answer

    def _in_windows(self, values: Tensor) -> Tensor:
        _, height, width, channels = values.shape
        window = self.window
        down, right = -height % window, -width % window
        padded = functional.pad(values, (0, 0, 0, right, 0, down))
        rows, columns = (height + down) // window, (width + right) // window
        pieces = padded.reshape(rows, window, columns, window, channels).permute(0, 2, 1, 3, 4)
        answers = self.attn(pieces.reshape(rows * columns, window, window, channels))
        whole = answers.reshape(rows, columns, window, window, channels).permute(0, 2, 1, 3, 4)
        return whole.reshape(1, height + down, width + right, channels)[:, :height, :width]


class PatchEmbedding(nn.Module):
    """Each patch of the image as one vector."""

    def __init__(self, channels: int, patch: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(3, channels, kernel_size=patch, stride=patch)

    def forward(self, image: Tensor) -> Tensor:
        """Return (1, grid, grid, C)."""
        answer: Tensor = self.proj(image).permute(0, 2, 3, 1)
        return answer


class ImageEncoder(nn.Module):
    """From a normalised image (1, 3, s, s) to its embedding (1, C, s / 16, s / 16)."""

    def __init__(
        self, *, grid: int, patch: int, channels: int, heads: int, windows: tuple[int, ...], hidden: int, out: int
    ) -> None:
        super().__init__()
        self.patch_embed = PatchEmbedding(channels, patch)
        self.pos_embed = nn.Parameter(torch.zeros(1, grid, grid, channels))
        self.blocks = nn.ModuleList(Block(channels, heads, grid, window, hidden) for window in windows)
        self.neck = nn.Sequential(
            nn.Conv2d(channels, out, kernel_size=1, bias=False),
            ChannelNorm(out),
            nn.Conv2d(out, out, kernel_size=3, padding=1, bias=False),
            ChannelNorm(out),
        )

    def forward(self, image: Tensor) -> Tensor:
        """Return the embedding."""
        values = self.patch_embed(image) + self.pos_embed
        for block in self.blocks:
            values = block(values)
        answer: Tensor = self.neck(values.permute(0, 3, 1, 2))
        return answer


class EncoderForExport(nn.Module):
    """The encoder from an image (h, w, 3), red, green, blue from 0 to 255, the longer side as long as the input."""

    def __init__(self, encoder: ImageEncoder, side: int) -> None:
        super().__init__()
        self.encoder, self.side = encoder, side
        self.register_buffer("mean", torch.tensor([123.675, 116.28, 103.53]), persistent=False)
        self.register_buffer("spread", torch.tensor([58.395, 57.12, 57.375]), persistent=False)

    def forward(self, input_image: Tensor) -> Tensor:
        """Return the embedding of the image, padded at the bottom or on the right."""
        height, width = input_image.shape[0], input_image.shape[1]
        image = ((input_image - self.mean) / self.spread).permute(2, 0, 1)[None]
        answer: Tensor = self.encoder(functional.pad(image, (0, self.side - width, 0, self.side - height)))
        return answer
