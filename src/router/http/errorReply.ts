import type { FastifyError } from "fastify";
import { hasZodFastifySchemaValidationErrors } from "fastify-type-provider-zod";
import { type ErrorCode, ERRORS } from "../../errors/catalogue.ts";
import { CortensorError, isAbort } from "../../errors/cortensorError.ts";
import { RequestError } from "./requestError.ts";

/** An error as it leaves: OpenAI's shape, and beside it the parts that our own client shows apart. */
export interface ErrorReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: {
    readonly error: {
      readonly message: string;
      readonly type: string;
      readonly code: ErrorCode;
      readonly param: string | null;
    };
    readonly cortensor: Readonly<Record<string, unknown>>;
  };
  /** One of our own bugs, for the log. */
  readonly internal: boolean;
}

export function errorReply(thrown: unknown, requestId: string): ErrorReply {
  const error = translate(thrown, requestId);
  const { code, status, message, details } = error;
  const param = error instanceof RequestError ? error.param : undefined;
  const { why, data } = details;
  return {
    status,
    headers: headersOf(error),
    body: {
      error: { message: `${sentence(message)} ${adviceOf(error)}`, type: typeOf(status), code, param: param ?? null },
      cortensor: {
        message,
        ...(why !== undefined && { why }),
        ...(data !== undefined && { data: plain(data) }),
        ...(details.try !== undefined && { try: details.try }),
      },
    },
    internal: code === "internal",
  };
}

function translate(thrown: unknown, requestId: string): CortensorError {
  if (thrown instanceof CortensorError) return thrown;
  if (isAbort(thrown)) return new CortensorError("interrupted", "the client left before the answer");
  if (hasZodFastifySchemaValidationErrors(thrown)) return fieldError(thrown.validation[0]);
  const found = thrown instanceof Error ? frameworkError(thrown as FastifyError) : undefined;
  return (
    found ??
    new RequestError("internal", "something in the router broke", {
      advice: `Try again; its log names request ${requestId}.`,
      cause: thrown,
    })
  );
}

function fieldError(issue: { readonly instancePath: string; readonly message?: string } | undefined): RequestError {
  const param = (issue?.instancePath ?? "").split("/").filter(Boolean).join(".");
  const said = (issue?.message ?? "it has another form").replace(/^Invalid input: /, "");
  return new RequestError("bad-request", `${param === "" ? "the body" : param}: ${said}`, {
    ...(param !== "" && { param }),
    advice: "GET /openapi.json has the form of every request.",
  });
}

/** What fastify refuses before a handler sees it. */
function frameworkError(error: FastifyError): RequestError | undefined {
  const status = error.statusCode ?? 500;
  if (status === 413) {
    return new RequestError("body-too-large", "the request body is larger than this router takes", {
      advice: "Send less, or raise router.bodyBytes.",
    });
  }
  if (status === 415) {
    return new RequestError("bad-request", "the body is not declared as JSON", {
      status,
      advice: "Send the header content-type: application/json.",
    });
  }
  if (error.code === "FST_ERR_CTP_INVALID_JSON_BODY" || error.code === "FST_ERR_CTP_EMPTY_JSON_BODY") {
    return new RequestError("bad-request", "the body is not JSON", { advice: "Send one JSON object." });
  }
  if (status >= 400 && status < 500) {
    return new RequestError("bad-request", error.message, { status, advice: ERRORS["bad-request"].help });
  }
  return undefined;
}

function headersOf(error: CortensorError): Record<string, string> {
  if (error.status === 401) return { "www-authenticate": "Bearer" };
  const { retryAfterS } = error.details.data ?? {};
  if (typeof retryAfterS === "number") return { "retry-after": String(Math.max(1, Math.ceil(retryAfterS))) };
  return error.status === 429 || error.status === 503 ? { "retry-after": "1" } : {};
}

function sentence(message: string): string {
  return /[.!?]$/.test(message) ? message : `${message}.`;
}

function adviceOf(error: CortensorError): string {
  if (error instanceof RequestError) return error.advice;
  return error.details.try === undefined ? ERRORS[error.code].help : `Try: ${error.details.try}`;
}

function typeOf(status: number): string {
  if (status === 401) return "authentication_error";
  if (status === 402) return "insufficient_quota";
  if (status === 403) return "permission_error";
  if (status === 429) return "rate_limit_error";
  return status >= 500 ? "server_error" : "invalid_request_error";
}

function plain(data: Readonly<Record<string, unknown>>): unknown {
  return JSON.parse(
    JSON.stringify(data, (_, value: unknown) => (typeof value === "bigint" ? value.toString() : value)),
  ) as unknown;
}
