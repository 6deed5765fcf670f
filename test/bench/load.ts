import { connect, type Socket } from "node:net";
import { pathToFileURL } from "node:url";

/** What one process of load does; JSON in its first argument. */
export interface LoadOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly connections: number;
  readonly seconds: number;
}

export interface LoadResult {
  readonly answers: number;
  /** Answers that were not 200, and lines that broke. */
  readonly failed: number;
  readonly failure: string | undefined;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

interface Answer {
  readonly failure: string | undefined;
  readonly ms: number;
}

const LAST_CHUNK = "\r\n0\r\n\r\n";

/** One kept connection that asks again as soon as it is answered. It parses no more than it must: it shares the machine. */
class Asker {
  readonly #request: string;
  readonly #onAnswer: (answer: Answer) => void;
  readonly #socket: Socket;
  #askedAt = 0;
  #head = "";
  #bodyBytes: number | undefined;
  #bytes = 0;
  #tail = "";

  constructor({ url, headers, body }: LoadOptions, onAnswer: (answer: Answer) => void) {
    const { hostname, port, pathname } = new URL(url);
    const all = {
      ...headers,
      host: `${hostname}:${port}`,
      "content-type": "application/json",
      "content-length": Buffer.byteLength(body),
    };
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
    this.#request = `POST ${pathname} HTTP/1.1\r\n${lines.join("")}\r\n${body}`;
    this.#onAnswer = onAnswer;
    this.#socket = connect({ host: hostname, port: Number(port), noDelay: true });
    this.#socket.setEncoding("latin1");
    this.#socket.on("connect", () => this.#ask());
    this.#socket.on("data", (text: string) => this.#take(text));
    this.#socket.on("error", () => {});
    this.#socket.on("close", () => this.#answered("the line broke"));
  }

  stop(): void {
    this.#socket.removeAllListeners("close");
    this.#socket.destroy();
  }

  #ask(): void {
    this.#head = "";
    this.#bodyBytes = undefined;
    this.#bytes = 0;
    this.#tail = "";
    this.#askedAt = performance.now();
    this.#socket.write(this.#request);
  }

  #take(text: string): void {
    let body = text;
    if (this.#bodyBytes === undefined) {
      this.#head += text;
      const end = this.#head.indexOf("\r\n\r\n");
      if (end < 0) return;
      const length = /\ncontent-length: (\d+)/i.exec(this.#head.slice(0, end))?.[1];
      // Without a length the answer is chunked and ends with the last chunk.
      this.#bodyBytes = length === undefined ? Number.POSITIVE_INFINITY : Number(length);
      body = this.#head.slice(end + 2);
      this.#bytes = -2;
    }
    this.#bytes += body.length;
    this.#tail = (this.#tail + body).slice(-LAST_CHUNK.length);
    if (this.#bytes < this.#bodyBytes && this.#tail !== LAST_CHUNK) return;
    this.#answered(this.#head.startsWith("HTTP/1.1 200") ? undefined : this.#head.slice(0, 800));
    this.#ask();
  }

  #answered(failure: string | undefined): void {
    this.#onAnswer({ failure, ms: performance.now() - this.#askedAt });
  }
}

async function run(options: LoadOptions): Promise<LoadResult> {
  const answers: Answer[] = [];
  const askers = Array.from(
    { length: options.connections },
    () => new Asker(options, (answer) => answers.push(answer)),
  );
  const begun = performance.now();
  await new Promise((resolve) => setTimeout(resolve, options.seconds * 1000));
  const seconds = (performance.now() - begun) / 1000;
  for (const asker of askers) asker.stop();
  const good = answers.filter(({ failure }) => failure === undefined);
  const times = good.map(({ ms }) => ms).sort((a, b) => a - b);
  return {
    answers: good.length,
    failed: answers.length - good.length,
    failure: answers.find(({ failure }) => failure !== undefined)?.failure,
    perSecond: good.length / seconds,
    p50Ms: times[Math.floor(times.length / 2)] ?? Number.NaN,
    p99Ms: times[Math.floor(times.length * 0.99)] ?? Number.NaN,
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href)
  process.stdout.write(JSON.stringify(await run(JSON.parse(process.argv[2] ?? "{}") as LoadOptions)));
