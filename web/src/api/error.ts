// The one error of this folder: what the server refused, or that it could not be reached.

export class ApiError extends Error {
  readonly code: string;
  readonly hint: string;
  /** HTTP status; 0 where no answer came. */
  readonly status: number;

  constructor(code: string, message: string, hint: string, status: number) {
    super(message);
    this.name = "ApiError";
    this.code = code;
    this.hint = hint;
    this.status = status;
  }

  /** True where the same request may succeed later: no answer, not signed in, or the server is busy or full. */
  get isTemporary(): boolean {
    return [0, 401, 403, 408, 423, 429].includes(this.status) || this.status >= 500;
  }
}

/** The error of a request that got no answer. */
export function unreachable(): ApiError {
  return new ApiError(
    "unreachable",
    "The server cannot be reached.",
    "Check that sambaseg is running; your work is kept in this browser until it is.",
    0,
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** The error that an answer with `status` and JSON `body` stands for. */
export function errorFromBody(status: number, body: unknown): ApiError {
  const inner = isRecord(body) && isRecord(body.error) ? body.error : null;
  if (inner && typeof inner.code === "string" && typeof inner.message === "string") {
    return new ApiError(inner.code, inner.message, typeof inner.hint === "string" ? inner.hint : "", status);
  }
  return new ApiError("unexpected_answer", `The server answered ${status} without saying why.`, "Try again.", status);
}

/** The error of a raw answer whose body is not read yet. */
export async function errorFromResponse(response: Response): Promise<ApiError> {
  const body: unknown = await response.json().catch(() => null);
  return errorFromBody(response.status, body);
}
