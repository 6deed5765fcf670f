import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";

export interface LogFile {
  write(line: string): void;
}

/**
 * Appends lines, each written before `write` returns. At `maxBytes` the file is renamed to `FILE.1`. A full disk must not
 * stop a node: lines that cannot be written are counted, and the count is written when there is room again.
 */
export function openLogFile(file: string, maxBytes: number): LogFile {
  mkdirSync(dirname(file), { recursive: true });
  let fd = openSync(file, "a", 0o600);
  let size = fstatSync(fd).size;
  let lost = 0;

  const rotate = (): void => {
    closeSync(fd);
    renameSync(file, `${file}.1`);
    fd = openSync(file, "a", 0o600);
    size = 0;
  };
  const append = (line: string): void => {
    writeSync(fd, line);
    size += Buffer.byteLength(line);
  };
  return {
    write(line) {
      try {
        if (size >= maxBytes) rotate();
        if (lost > 0) {
          append(
            `${JSON.stringify({ level: "warn", at: new Date().toISOString(), lines: lost, message: "log lines were lost" })}\n`,
          );
          lost = 0;
        }
        append(line);
      } catch {
        lost += 1;
      }
    },
  };
}
