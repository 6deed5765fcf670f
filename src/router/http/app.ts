import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Hex } from "../../util/types.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Hash of the API key that came with the request, when it is one of this router's. */
    account: Hex | undefined;
  }
  interface FastifyContextConfig {
    /** Answered also while the router stops. */
    always?: boolean;
  }
}

/** The web server with zod as the language of its schemas. */
export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;
