import { CortensorError } from "../../errors/cortensorError.ts";

/** Said before a password is asked for, which would be in vain. */
export function taken(file: string, name: string): CortensorError {
  return new CortensorError("key-exists", `there is a key ${name} in this home, and keys are never overwritten`, {
    why: [["found", file]],
    try: `cortensor wallet show ${name}`,
    data: { name, file },
  });
}
