// Containers of arrays as the server packs them, for tests.

export interface ArrayToPack {
  name: string;
  dtype: string;
  shape: number[];
  values: Uint8Array | Uint16Array | Uint32Array | Int32Array | Float32Array | Float64Array;
}

const padded = (length: number): number => Math.ceil(length / 8) * 8;

export function packArrays(meta: Record<string, unknown>, arrays: readonly ArrayToPack[]): ArrayBuffer {
  let offset = 0;
  const rows = arrays.map(({ name, dtype, shape, values }) => {
    const row = { name, dtype, shape, offset };
    offset += padded(values.byteLength);
    return row;
  });
  const text = JSON.stringify({ meta, arrays: rows });
  const header = new TextEncoder().encode(text.padEnd(padded(new TextEncoder().encode(text).length)));
  const content = new Uint8Array(8 + header.length + offset);
  content.set(new TextEncoder().encode("SBA1"));
  new DataView(content.buffer).setUint32(4, header.length, true);
  content.set(header, 8);
  rows.forEach((row, index) => {
    const { values } = arrays[index] as ArrayToPack;
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    content.set(bytes, 8 + header.length + row.offset);
  });
  return content.buffer;
}
