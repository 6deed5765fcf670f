import { z } from "zod";
import { type ErrorCode, ERRORS } from "../errors/catalogue.ts";
import { CortensorError, isAbort } from "../errors/cortensorError.ts";

const bodySchema = z.looseObject({
  error: z.looseObject({ message: z.string(), code: z.unknown() }),
  cortensor: z
    .looseObject({
      message: z.string(),
      why: z.array(z.tuple([z.string(), z.string()])).optional(),
      try: z.string().optional(),
      data: z.record(z.string(), z.unknown()).optional(),
    })
    .optional(),
});

/** The error of a response, or of an event in a stream, by its code; undefined when the value is no error of a router. */
export function errorOfBody(value: unknown, context: { readonly status?: number }): CortensorError | undefined {
  const parsed = bodySchema.safeParse(value);
  if (!parsed.success) return undefined;
  const { error, cortensor } = parsed.data;
  const code = codeOf(error.code, context.status ?? 500);
  return new CortensorError(code, cortensor?.message ?? error.message, {
    ...(cortensor?.why !== undefined && { why: cortensor.why }),
    ...(cortensor?.try !== undefined && { try: cortensor.try }),
    data: { ...cortensor?.data, ...context },
  });
}

/** The error of a response that is not 200. Reads its body. */
export async function errorOfResponse(response: Response): Promise<CortensorError> {
  const { status, headers } = response;
  const text = await response.text();
  const requestId = headers.get("x-request-id");
  const retryAfterS = Number(headers.get("retry-after") ?? Number.NaN);
  const context = {
    status,
    ...(requestId !== null && { requestId }),
    ...(Number.isFinite(retryAfterS) && { retryAfterS }),
  };
  const { host } = new URL(response.url);
  return (
    errorOfBody(jsonOf(text), context) ??
    new CortensorError("router-unreachable", `what answers at ${host} is no router`, {
      why: [["seen", `HTTP ${status}, ${headers.get("content-type") ?? "without a type"}`]],
      data: context,
    })
  );
}

/** What a failed call throws: an abort as it is, everything else as `router-unreachable`, naming the host. */
export function connectionError(error: unknown, { host, said }: { host: string; said: string }): unknown {
  if (isAbort(error) || error instanceof CortensorError) return error;
  return new CortensorError("router-unreachable", said, {
    why: [["why", causeOf(error)]],
    data: { host },
    try: "cortensor up",
    cause: error,
  });
}

const CAUSES: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there",
  ECONNRESET: "the connection was closed",
  UND_ERR_SOCKET: "the connection was closed",
  ENOTFOUND: "the name has no address",
  EAI_AGAIN: "the name could not be looked up",
  ETIMEDOUT: "no answer in time",
  UND_ERR_CONNECT_TIMEOUT: "no answer in time",
  EHOSTUNREACH: "there is no route to it",
};

function causeOf(error: unknown): string {
  const seen = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(seen instanceof Error)) return String(seen);
  const { code } = seen as NodeJS.ErrnoException;
  return (code === undefined ? undefined : CAUSES[code]) ?? (seen.message || code || seen.name);
}

function codeOf(code: unknown, status: number): ErrorCode {
  if (typeof code === "string" && Object.hasOwn(ERRORS, code)) return code as ErrorCode;
  const known: Readonly<Record<number, ErrorCode>> = {
    401: "unauthorised",
    402: "deposit-low",
    403: "unauthorised",
    404: "not-found",
    413: "body-too-large",
    429: "rate-limited",
    503: "no-capacity",
    504: "timeout",
  };
  return known[status] ?? (status >= 500 ? "task-failed" : "bad-request");
}

export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
