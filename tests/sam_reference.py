"""Segment Anything as `transformers` has it, with random weights: what exports and adapters are compared with.

Needs torch and transformers; imported only by tests and benchmarks that have checked for them.
"""

import math
import re

import torch
from transformers import (
    Sam2Config,
    Sam2HieraDetConfig,
    Sam2MaskDecoderConfig,
    Sam2Model,
    Sam2PromptEncoderConfig,
    Sam2VisionConfig,
    SamConfig,
    SamMaskDecoderConfig,
    SamModel,
    SamPromptEncoderConfig,
    SamVisionConfig,
)

TINY_SIDE = 128
OFFICIAL_EPS = 1e-5
"""Of the mask decoder's normalisations in the official code; the default of `transformers` is 1e-6."""


def randomised(model, seed=0):
    """Give a model weights whose activations neither vanish nor explode, so that its masks have shapes."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            if "norm" in name:
                parameter.copy_(1 + 0.1 * noise if name.endswith("weight") else 0.1 * noise)
            elif parameter.ndim >= 2 and "embed" not in name and "token" not in name and "rel_pos" not in name:
                parameter.copy_(noise / math.sqrt(parameter[0].numel()))
            else:
                parameter.copy_(noise * (0.1 if name.endswith("bias") else 0.5))
        if isinstance(model, SamModel):
            model.shared_image_embedding.positional_embedding.copy_(
                model.prompt_encoder.shared_embedding.positional_embedding
            )
    return model.eval().requires_grad_(False)


def tiny_sam(seed=0):
    """Return the first Segment Anything with a few thousand weights, for an input of 128 px a side."""
    grid = TINY_SIDE // 16
    vision = SamVisionConfig(
        hidden_size=16,
        output_channels=32,
        num_hidden_layers=3,
        num_attention_heads=2,
        image_size=TINY_SIDE,
        patch_size=16,
        window_size=3,
        global_attn_indexes=[1],
        mlp_dim=32,
        num_pos_feats=16,
    )
    prompt = SamPromptEncoderConfig(hidden_size=32, image_size=TINY_SIDE, patch_size=16, image_embedding_size=grid)
    decoder = SamMaskDecoderConfig(
        hidden_size=32, mlp_dim=32, num_attention_heads=8, iou_head_hidden_dim=32, layer_norm_eps=OFFICIAL_EPS
    )
    return randomised(
        SamModel(_eager(SamConfig(vision_config=vision, prompt_encoder_config=prompt, mask_decoder_config=decoder))),
        seed,
    )


def full_sam(seed=0):
    """Return ViT-B at full size."""
    return randomised(
        SamModel(_eager(SamConfig(mask_decoder_config=SamMaskDecoderConfig(layer_norm_eps=OFFICIAL_EPS)))), seed
    )


def tiny_sam2(seed=0):
    """Return Segment Anything 2 with a few thousand weights, for an input of 128 px a side."""
    sizes = [[TINY_SIDE // step] * 2 for step in (4, 8, 16)]
    backbone = Sam2HieraDetConfig(
        hidden_size=8,
        image_size=[TINY_SIDE, TINY_SIDE],
        blocks_per_stage=[1, 1, 1, 1],
        embed_dim_per_stage=[8, 16, 24, 32],
        num_attention_heads_per_stage=[1, 1, 2, 2],
        window_size_per_stage=[8, 4, 4, 4],
        global_attention_blocks=[2],
        mlp_ratio=2.0,
    )
    vision = Sam2VisionConfig(
        backbone_config=backbone,
        backbone_channel_list=[32, 24, 16, 8],
        backbone_feature_sizes=sizes,
        fpn_hidden_size=32,
    )
    prompt = Sam2PromptEncoderConfig(hidden_size=32, image_size=TINY_SIDE, patch_size=16)
    decoder = Sam2MaskDecoderConfig(hidden_size=32, mlp_dim=32, num_attention_heads=4, iou_head_hidden_dim=32)
    config = Sam2Config(vision_config=vision, prompt_encoder_config=prompt, mask_decoder_config=decoder)
    return randomised(Sam2Model(_eager(config)), seed)


def full_sam2(seed=0):
    """Return SAM 2.1 hiera tiny at full size."""
    return randomised(Sam2Model(_eager(Sam2Config())), seed)


def _eager(config):
    config._attn_implementation = "eager"
    return config


_RENAMED = [
    (r"^vision_encoder\.layers\.(\d+)\.layer_norm([12])", r"image_encoder.blocks.\1.norm\2"),
    (r"^vision_encoder\.layers\.", "image_encoder.blocks."),
    (r"^vision_encoder\.patch_embed\.projection", "image_encoder.patch_embed.proj"),
    (r"^vision_encoder\.pos_embed", "image_encoder.pos_embed"),
    (r"^vision_encoder\.neck\.conv1", "image_encoder.neck.0"),
    (r"^vision_encoder\.neck\.layer_norm1", "image_encoder.neck.1"),
    (r"^vision_encoder\.neck\.conv2", "image_encoder.neck.2"),
    (r"^vision_encoder\.neck\.layer_norm2", "image_encoder.neck.3"),
    (
        r"^prompt_encoder\.shared_embedding\.positional_embedding",
        "prompt_encoder.pe_layer.positional_encoding_gaussian_matrix",
    ),
    (r"^prompt_encoder\.mask_embed\.conv1", "prompt_encoder.mask_downscaling.0"),
    (r"^prompt_encoder\.mask_embed\.layer_norm1", "prompt_encoder.mask_downscaling.1"),
    (r"^prompt_encoder\.mask_embed\.conv2", "prompt_encoder.mask_downscaling.3"),
    (r"^prompt_encoder\.mask_embed\.layer_norm2", "prompt_encoder.mask_downscaling.4"),
    (r"^prompt_encoder\.mask_embed\.conv3", "prompt_encoder.mask_downscaling.6"),
    (r"^prompt_encoder\.point_embed\.", "prompt_encoder.point_embeddings."),
    (r"^(mask_decoder\.transformer\.layers\.\d+)\.layer_norm(\d)", r"\1.norm\2"),
    (r"^mask_decoder\.transformer\.layer_norm_final_attn", "mask_decoder.transformer.norm_final_attn"),
    (r"^mask_decoder\.upscale_conv1", "mask_decoder.output_upscaling.0"),
    (r"^mask_decoder\.upscale_layer_norm", "mask_decoder.output_upscaling.1"),
    (r"^mask_decoder\.upscale_conv2", "mask_decoder.output_upscaling.3"),
    (r"\.proj_in\.", ".layers.0."),
    (r"\.proj_out\.", ".layers.2."),
]


def official_weights(model):
    """Return the weights of a `SamModel` under the names of the official checkpoints."""
    weights = {}
    for name, value in model.state_dict().items():
        if name.startswith("shared_image_embedding."):
            continue
        official = name
        if re.search(r"(hypernetworks_mlps\.\d+|iou_prediction_head)\.layers\.0\.", name):
            official = name.replace(".layers.0.", ".layers.1.")
        else:
            for pattern, replacement in _RENAMED:
                official = re.sub(pattern, replacement, official)
        weights[official] = value.clone()
    return weights
