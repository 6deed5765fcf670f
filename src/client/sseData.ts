import { CortensorError } from "../errors/cortensorError.ts";

/** No event of a router is as long. */
const MAX_LINE = 64 * 1024 * 1024;

/**
 * The data of each server-sent event, whichever way its bytes were cut into chunks: lines end with LF, CRLF or CR, several
 * data lines are one text, comments and other fields are skipped. An event that the end cuts off is dropped.
 */
export async function* sseData(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let data: string[] = [];
  for await (const line of lines(chunks)) {
    if (line === "") {
      if (data.length > 0) yield data.join("\n");
      data = [];
    } else if (line === "data") data.push("");
    else if (line.startsWith("data:")) data.push(line.slice(line[5] === " " ? 6 : 5));
  }
}

async function* lines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  // Drops a byte order mark, and keeps characters whole that a chunk's end cuts.
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of chunks) {
    const text = decoder.decode(chunk, { stream: true });
    // Without a line end there is nothing to look for again in what came before.
    if (!rest.endsWith("\r") && !/[\r\n]/.test(text)) {
      rest += text;
      if (rest.length > MAX_LINE) throw new CortensorError("peer-protocol", "the router sent a line without an end");
      continue;
    }
    const parts = (rest + text).split(/\r\n|\n|\r(?!$)/);
    rest = parts.pop() ?? "";
    yield* parts;
  }
  if (rest.endsWith("\r")) yield rest.slice(0, -1);
}
