import { readFile } from "node:fs/promises";
import type { Readable } from "node:stream";
import { text as readAll } from "node:stream/consumers";
import { CortensorError } from "../../errors/cortensorError.ts";
import type { Home } from "../../node/home.ts";
import { findReceipt, RECEIPT_ID } from "../../node/receipts.ts";

export interface ReceiptSource {
  /** A file, an id or its beginning, or `-` for stdin. */
  readonly source: string;
  readonly home: Home;
  readonly stdin: Readable;
}

/** The parsed JSON of a receipt, not yet checked. Throws `receipt-missing`. */
export async function receiptOf({ source, home, stdin }: ReceiptSource): Promise<unknown> {
  if (RECEIPT_ID.test(source)) return await findReceipt(home, source);
  const [text, what] = source === "-" ? [await readAll(stdin), "what was piped in"] : [await fileText(source), source];
  return unwrapped(parse(text, what));
}

async function fileText(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    const none = (error as NodeJS.ErrnoException).code === "ENOENT";
    throw new CortensorError("receipt-missing", none ? `there is no file ${file}` : `${file} cannot be read`, {
      why: [
        ["needed", "a file, or an id such as r_8fa2"],
        ...(none ? [] : [["seen", (error as Error).message] as const]),
      ],
      try: "cortensor verify RECEIPT.json",
      data: { file },
      cause: error,
    });
  }
}

function parse(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CortensorError("receipt-missing", `${what} is no JSON`, {
      why: [["seen", text.trim() === "" ? "nothing" : (error as Error).message]],
      try: "cortensor verify RECEIPT.json",
      cause: error,
    });
  }
}

/** What `submit --json` printed holds the receipt in a field. */
function unwrapped(value: unknown): unknown {
  if (typeof value !== "object" || value === null || !("schema" in value)) return value;
  return value.schema === "cortensor.submit/1" && "receipt" in value ? value.receipt : value;
}
