import { closeSync, existsSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";

export interface LogFile {
  write(line: string): void;
}

/**
 * Appends lines, each written before `write` returns. At `maxBytes` the file is renamed to `FILE.1`. A full disk must not
 * stop a node: lines that cannot be written are counted, and the count is written when there is room again.
 */
export function openLogFile(file: string, maxBytes: number): LogFile {
  let fd = openAppending(file);
  let size = fstatSync(fd).size;
  let lost = 0;

  const rotate = (): void => {
    if (existsSync(file)) renameSync(file, `${file}.1`);
    const old = fd;
    fd = openAppending(file);
    size = 0;
    // Last: after a failed step the number must still be ours, and not another file's that got it next.
    closeSync(old);
  };
  const append = (line: string): void => {
    writeSync(fd, line);
    size += Buffer.byteLength(line);
  };
  return {
    write(line) {
      try {
        if (size >= maxBytes) rotate();
        if (lost > 0) append(lostLine(lost));
        lost = 0;
        append(line);
      } catch {
        lost += 1;
      }
    },
  };
}

function openAppending(file: string): number {
  mkdirSync(dirname(file), { recursive: true });
  return openSync(file, "a", 0o600);
}

function lostLine(lines: number): string {
  return `${JSON.stringify({ level: "warn", at: new Date().toISOString(), lines, message: "log lines were lost" })}\n`;
}
