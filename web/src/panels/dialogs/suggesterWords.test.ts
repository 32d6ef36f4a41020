import { describe, expect, it } from "vitest";
import type { SmartModel } from "../../api/smartModels";
import { costsOf, partOf, stateOf } from "./suggesterWords";

const MODEL: SmartModel = {
  name: "mobile_sam",
  title: "MobileSAM",
  interface: "sam1",
  licence: "Apache-2.0",
  size_bytes: 44_653_652,
  installed: false,
  state: "none",
  progress: null,
  error: null,
  seconds_per_view: 2,
  memory_mb: 1200,
  note: "",
  files: [
    { part: "encoder", name: "image.onnx", size_bytes: 28_157_093, here: true },
    { part: "decoder", name: "sam_mask_decoder_multi.onnx", size_bytes: 16_496_559, here: false },
  ],
};

describe("words about suggesters", () => {
  it("say what a model costs, as far as it is known", () => {
    expect(costsOf(MODEL)).toBe("45 MB · about 2 s for a view · 1.2 GB of memory · Apache-2.0");
    const unknown = { ...MODEL, size_bytes: null, seconds_per_view: null, memory_mb: null };
    expect(costsOf(unknown)).toBe("Apache-2.0");
    expect(costsOf({ ...MODEL, size_bytes: 0, seconds_per_view: 0.2, memory_mb: 100 })).toBe(
      "about 0.2 s for a view · 100 MB of memory · Apache-2.0",
    );
  });

  it("say how far a download is", () => {
    expect(stateOf({ ...MODEL, state: "downloading", progress: 0.254 })).toBe("Downloading 25 %");
    expect(stateOf({ ...MODEL, state: "verifying" })).toBe("Checking");
  });

  it("tell parts by the names of files", () => {
    expect(partOf(MODEL, "image.onnx")).toBe("encoder");
    expect(partOf(MODEL, "sam_mask_decoder_multi (1).onnx")).toBe("decoder");
    expect(partOf(MODEL, "prompt_encoder_mask_decoder.onnx")).toBe("decoder");
    expect(partOf(MODEL, "weights.pth")).toBe("decoder");
    expect(partOf({ files: [] }, "vit_b.pth")).toBe("checkpoint");
    expect(partOf({ files: [] }, "vision_encoder.onnx_data")).toBe("encoder_data");
  });
});
