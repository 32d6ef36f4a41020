// Named arrays in one sequence of bytes, as the server prepares a view: read without copying.

export type ArrayOfType = {
  uint8: Uint8Array;
  uint16: Uint16Array;
  uint32: Uint32Array;
  int32: Int32Array;
  float32: Float32Array;
  /** Raw halves: a browser without Float16Array has to widen them itself. */
  float16: Uint16Array;
};

export type ArrayType = keyof ArrayOfType;

export type NamedArray = {
  [T in ArrayType]: { type: T; shape: readonly number[]; values: ArrayOfType[T] };
}[ArrayType];

export interface Container {
  meta: Readonly<Record<string, unknown>>;
  arrays: ReadonlyMap<string, NamedArray>;
}

/** The bytes are not what this page understands. */
export class ContainerError extends Error {
  constructor(reason: string) {
    super(`What the server prepared cannot be read: ${reason}.`);
    this.name = "ContainerError";
  }
}

const MAGIC = 0x31414253; // "SBA1", little-endian
const START_BYTES = 8;
const ALIGNMENT = 8;

/** Reads a container; its arrays are views of `content`. Throws ContainerError. */
export function unpackArrays(content: ArrayBuffer): Container {
  const start = content.byteLength >= START_BYTES ? new DataView(content) : null;
  if (start?.getUint32(0, true) !== MAGIC) throw new ContainerError("it does not start with SBA1");
  const first = START_BYTES + start.getUint32(4, true);
  if (first > content.byteLength || first % ALIGNMENT !== 0) throw new ContainerError("its header is cut off");
  const { meta, arrays } = readHeader(new TextDecoder().decode(new Uint8Array(content, START_BYTES, first - 8)));
  return { meta, arrays: new Map(arrays.map((row) => readArray(content, first, row))) };
}

function readHeader(text: string): { meta: Record<string, unknown>; arrays: unknown[] } {
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch {
    throw new ContainerError("its header is no JSON");
  }
  if (!isRecord(header) || !isRecord(header.meta) || !Array.isArray(header.arrays)) {
    throw new ContainerError("its header holds no meta data and list of arrays");
  }
  return { meta: header.meta, arrays: header.arrays };
}

function readArray(content: ArrayBuffer, first: number, row: unknown): [string, NamedArray] {
  const { name, dtype, shape, offset } = isRecord(row) ? row : {};
  if (typeof name !== "string" || !isSizes(shape) || !isSizes([offset]) || Number(offset) % ALIGNMENT !== 0) {
    throw new ContainerError("a row of its header is broken");
  }
  const count = shape.reduce((product, size) => product * size, 1);
  const at = first + Number(offset);
  if (at + count * bytesOf(dtype) > content.byteLength) throw new ContainerError(`its array ${name} is cut off`);
  return [name, viewOf(dtype, content, at, count, shape)];
}

function viewOf(type: unknown, content: ArrayBuffer, at: number, count: number, shape: readonly number[]): NamedArray {
  switch (type) {
    case "uint8":
      return { type, shape, values: new Uint8Array(content, at, count) };
    case "uint16":
    case "float16":
      return { type, shape, values: new Uint16Array(content, at, count) };
    case "uint32":
      return { type, shape, values: new Uint32Array(content, at, count) };
    case "int32":
      return { type, shape, values: new Int32Array(content, at, count) };
    case "float32":
      return { type, shape, values: new Float32Array(content, at, count) };
    default:
      throw new ContainerError(`it has an array of the type ${String(type)}`);
  }
}

function bytesOf(type: unknown): number {
  return type === "uint8" ? 1 : type === "uint16" || type === "float16" ? 2 : 4;
}

function isSizes(values: unknown): values is number[] {
  return Array.isArray(values) && values.every((value) => Number.isSafeInteger(value) && value >= 0);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The array of that name and one of those types and so many axes. Throws ContainerError. */
export function arrayOf<T extends ArrayType>(
  container: Container,
  name: string,
  types: readonly T[],
  axes: number,
): { shape: readonly number[]; values: ArrayOfType[T] } {
  const found = container.arrays.get(name);
  if (!found || !types.some((type) => type === found.type) || found.shape.length !== axes) {
    throw new ContainerError(`it has no array ${name} of ${axes} axes and the type ${types.join(" or ")}`);
  }
  return { shape: found.shape, values: found.values as ArrayOfType[T] };
}

/** A whole number of the meta data. Throws ContainerError. */
export function wholeNumberOf(container: Container, name: string): number {
  const value = container.meta[name];
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) {
    throw new ContainerError(`its ${name} is ${String(value)}`);
  }
  return value;
}
