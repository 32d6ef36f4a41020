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


_PLACES_AND_TOKENS = r"pos_embed|point_embed|no_mask|positional_embedding|no_memory|tokens?\.weight|rel_pos"


def randomised(model, seed=0):
    """Give a model weights whose activations neither vanish nor explode, so that its masks have shapes."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            if "norm" in name:
                parameter.copy_(1 + 0.1 * noise if name.endswith("weight") else 0.1 * noise)
            elif parameter.ndim >= 2 and not re.search(_PLACES_AND_TOKENS, name):
                gain = 0.5 if re.search(r"[qk]_proj", name) else 1.0  # or attention is so sharp that rounding decides
                parameter.copy_(gain * noise / math.sqrt(parameter[0].numel()))
            else:
                parameter.copy_(noise * (0.1 if name.endswith("bias") else 0.5))
        if isinstance(model, SamModel):
            model.shared_image_embedding.positional_embedding.copy_(
                model.prompt_encoder.shared_embedding.positional_embedding
            )
    return model.eval().requires_grad_(False)


def tiny_sam(seed=0):
    """Return the first Segment Anything with a few thousand weights, for an input of 128 px a side."""
    torch.manual_seed(seed)  # for what is no parameter
    grid = TINY_SIDE // 16
    vision = SamVisionConfig(
        hidden_size=16,
        output_channels=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        image_size=TINY_SIDE,
        patch_size=16,
        window_size=3,
        global_attn_indexes=[1],
        mlp_dim=32,
        num_pos_feats=8,
    )
    prompt = SamPromptEncoderConfig(hidden_size=16, image_size=TINY_SIDE, patch_size=16, image_embedding_size=grid)
    decoder = SamMaskDecoderConfig(
        hidden_size=16, mlp_dim=32, num_attention_heads=8, iou_head_hidden_dim=16, layer_norm_eps=OFFICIAL_EPS
    )
    return randomised(
        SamModel(_eager(SamConfig(vision_config=vision, prompt_encoder_config=prompt, mask_decoder_config=decoder))),
        seed,
    )


def full_sam(seed=0):
    """Return ViT-B at full size."""
    torch.manual_seed(seed)  # for what is no parameter
    return randomised(
        SamModel(_eager(SamConfig(mask_decoder_config=SamMaskDecoderConfig(layer_norm_eps=OFFICIAL_EPS)))), seed
    )


def tiny_sam2(seed=0):
    """Return Segment Anything 2 with a few thousand weights, for an input of 128 px a side."""
    torch.manual_seed(seed)  # for what is no parameter
    sizes = [[TINY_SIDE // step] * 2 for step in (4, 8, 16)]
    backbone = Sam2HieraDetConfig(
        hidden_size=8,
        image_size=[TINY_SIDE, TINY_SIDE],
        blocks_per_stage=[1, 1, 2, 1],
        embed_dim_per_stage=[8, 16, 24, 32],
        num_attention_heads_per_stage=[1, 1, 2, 2],
        window_size_per_stage=[8, 4, 4, 4],
        global_attention_blocks=[3],
        mlp_ratio=2.0,
    )
    vision = Sam2VisionConfig(
        backbone_config=backbone,
        backbone_channel_list=[32, 24, 16, 8],
        backbone_feature_sizes=sizes,
        fpn_hidden_size=16,
    )
    prompt = Sam2PromptEncoderConfig(hidden_size=16, image_size=TINY_SIDE, patch_size=16)
    decoder = Sam2MaskDecoderConfig(hidden_size=16, mlp_dim=32, num_attention_heads=4, iou_head_hidden_dim=16)
    config = Sam2Config(vision_config=vision, prompt_encoder_config=prompt, mask_decoder_config=decoder)
    return randomised(Sam2Model(_eager(config)), seed)


def full_sam2(seed=0):
    """Return SAM 2.1 hiera tiny at full size."""
    torch.manual_seed(seed)  # for what is no parameter
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


class TransformersJsEncoder(torch.nn.Module):
    """The encoder as transformers.js has it."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, pixel_values):
        places = self.model.get_image_wide_positional_embeddings()
        return self.model.vision_encoder(pixel_values)[0], places + 0 * pixel_values[:, :1, :1, :1]


class TransformersJsDecoder(torch.nn.Module):
    """The decoder as transformers.js has it: points only, padded inside."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, input_points, input_labels, image_embeddings, image_positional_embeddings):
        sparse, dense = self.model.prompt_encoder(input_points, input_labels, None, None)
        masks, estimates = self.model.mask_decoder(
            image_embeddings, image_positional_embeddings, sparse, dense, multimask_output=True
        )
        return estimates, masks


class Sam2Encoder(torch.nn.Module):
    """The encoder of SAM 2 as transformers.js has it."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, pixel_values):
        return tuple(self.model.get_image_embeddings(pixel_values))


class Sam2Decoder(torch.nn.Module):
    """The decoder of SAM 2 as transformers.js has it: any number of points, no box or one."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, input_points, input_labels, input_boxes, fine, middle, coarse):
        prompts = self.model.prompt_encoder
        points = prompts._embed_points(input_points, input_labels, pad=False)
        boxes = prompts._embed_boxes(input_boxes)
        sparse = torch.cat([points, boxes.reshape(1, 1, -1, points.shape[-1])], dim=2)
        dense = prompts.no_mask_embed.weight.reshape(1, -1, 1, 1).expand(1, -1, *coarse.shape[-2:])
        masks, estimates, _, object_score = self.model.mask_decoder(
            image_embeddings=coarse,
            image_positional_embeddings=self.model.get_image_wide_positional_embeddings(),
            sparse_prompt_embeddings=sparse,
            dense_prompt_embeddings=dense,
            multimask_output=True,
            high_resolution_features=[fine, middle],
        )
        return estimates, masks, object_score


def export(module, inputs, path, *, outputs, dynamic=None):
    """Write a module as an ONNX file; `inputs` by name."""
    import warnings

    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module.eval(),
            tuple(inputs.values()),
            str(path),
            input_names=list(inputs),
            output_names=list(outputs),
            dynamic_axes=dynamic or {},
            opset_version=17,
            dynamo=False,
        )


def export_transformers_js(model, folder):
    """Write ``encoder.onnx`` and ``decoder.onnx`` of the first Segment Anything as transformers.js has them."""
    side, channels = model.config.vision_config.image_size, model.config.mask_decoder_config.hidden_size
    export(
        TransformersJsEncoder(model),
        {"pixel_values": torch.zeros(1, 3, side, side)},
        folder / "encoder.onnx",
        outputs=["image_embeddings", "image_positional_embeddings"],
    )
    cells = torch.zeros(1, channels, side // 16, side // 16)
    export(
        TransformersJsDecoder(model),
        {
            "input_points": torch.zeros(1, 1, 2, 2),
            "input_labels": torch.ones(1, 1, 2, dtype=torch.int64),
            "image_embeddings": cells,
            "image_positional_embeddings": cells,
        },
        folder / "decoder.onnx",
        outputs=["iou_scores", "pred_masks"],
        dynamic={"input_points": {2: "points"}, "input_labels": {2: "points"}},
    )


def export_sam2(model, folder):
    """Write ``encoder.onnx`` and ``decoder.onnx`` of SAM 2 as transformers.js has them."""
    side = model.config.prompt_encoder_config.image_size
    image = torch.zeros(1, 3, side, side)
    names = [f"image_embeddings.{level}" for level in range(3)]
    export(Sam2Encoder(model), {"pixel_values": image}, folder / "encoder.onnx", outputs=names)
    embeddings = dict(zip(names, model.get_image_embeddings(image), strict=True))
    export(
        Sam2Decoder(model),
        {
            "input_points": torch.zeros(1, 1, 2, 2),
            "input_labels": torch.ones(1, 1, 2, dtype=torch.int64),
            "input_boxes": torch.zeros(1, 1, 4),
            **embeddings,
        },
        folder / "decoder.onnx",
        outputs=["iou_scores", "pred_masks", "object_score_logits"],
        dynamic={"input_points": {2: "points"}, "input_labels": {2: "points"}, "input_boxes": {1: "boxes"}},
    )
