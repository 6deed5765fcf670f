import { pino } from "pino";
import { loggable } from "./loggable.ts";
import { openLogFile } from "./logFile.ts";

/** A message's values: fixed text in the message, what varies here. Secrets and prompts are blanked whatever the caller does. */
export type LogValues = Readonly<Record<string, unknown>>;

/** Warnings are for a state that changed, not for every tick of it. */
export interface Log {
  debug(message: string, values?: LogValues, error?: unknown): void;
  info(message: string, values?: LogValues, error?: unknown): void;
  warn(message: string, values?: LogValues, error?: unknown): void;
  error(message: string, values?: LogValues, error?: unknown): void;
  /** A logger of one part, whose lines also carry `bindings`. */
  child(bindings: LogValues): Log;
}

export const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface LogOptions {
  readonly level: LogLevel;
  /** Lines are appended; at `maxFileBytes` the file becomes `FILE.1`, so that a log takes at most twice that. */
  readonly file?: string;
  /** 32 MiB. */
  readonly maxFileBytes?: number;
  readonly stderr?: boolean;
}

/** JSON lines to a file, to stderr, to both, or (without either) to nowhere. Written at once, so a killed process loses none. */
export function createLog(options: LogOptions): Log {
  const streams = [
    ...(options.file === undefined ? [] : [openLogFile(options.file, options.maxFileBytes ?? 32 * 1024 * 1024)]),
    ...(options.stderr === true ? [pino.destination({ fd: 2, sync: true })] : []),
  ];
  if (streams.length === 0 || options.level === "silent") return createSilentLog();
  const logger = pino(
    {
      level: options.level,
      base: null,
      timestamp: () => `,"at":"${new Date().toISOString()}"`,
      messageKey: "message",
      formatters: { level: (label) => ({ level: label }) },
    },
    pino.multistream(
      streams.map((stream) => ({ level: "trace" as const, stream })),
      { dedupe: false },
    ),
  );
  return wrap(logger);
}

/** Says nothing; for tests. */
export function createSilentLog(): Log {
  const silent: Log = {
    debug: () => undefined,
    info: () => undefined,
    warn: () => undefined,
    error: () => undefined,
    child: () => silent,
  };
  return silent;
}

type Write = Parameters<typeof wrap>[0]["info"];

function wrap(logger: pino.Logger): Log {
  const at = (level: "debug" | "info" | "warn" | "error") => {
    const write: Write = logger[level].bind(logger);
    return (message: string, values?: LogValues, error?: unknown): void => {
      if (!logger.isLevelEnabled(level)) return;
      write({ ...blanked(values), ...(error === undefined ? {} : { error: loggable(error) }) }, message);
    };
  };
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    child: (bindings) => wrap(logger.child(blanked(bindings))),
  };
}

function blanked(values: LogValues | undefined): Record<string, unknown> {
  return values === undefined ? {} : (loggable(values) as Record<string, unknown>);
}
