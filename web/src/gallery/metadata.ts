// What is written about an entry, with every field there: the server's answers may leave out what is empty.

import type { Schemas } from "../api/client";

type Sent = Schemas["EntryMetadata"];

export interface Metadata extends Required<Omit<Sent, "material" | "instrument" | "creators">> {
  material: Required<Schemas["EntryMaterial"]>;
  instrument: Required<Schemas["EntryInstrument"]>;
  creators: Required<Schemas["EntryCreator"]>[];
}

export const NO_CREATOR: Metadata["creators"][number] = { name: "", orcid: "", affiliation: "" };

export const NO_METADATA: Metadata = {
  title: "",
  material: { name: "", composition: "", phases: [] },
  instrument: { type: "", mode: "", manufacturer: "", voltage_kv: null, wavelength_nm: null },
  pixel_size: null,
  preparation: "",
  notes: "",
  sample_id: "",
  quality: null,
  keywords: [],
  creators: [],
  licence: null,
  doi: "",
};

export function completed(sent: Sent): Metadata {
  return {
    ...NO_METADATA,
    ...sent,
    material: { ...NO_METADATA.material, ...sent.material },
    instrument: { ...NO_METADATA.instrument, ...sent.instrument },
    creators: (sent.creators ?? []).map((creator) => ({ ...NO_CREATOR, ...creator })),
  };
}
