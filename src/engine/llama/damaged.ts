import type { GgufFileInfo } from "node-llama-cpp";
import { CortensorError } from "../../errors/cortensorError.ts";
import type { HashedModel } from "../modelFile.ts";

/** Why a file that begins like a model cannot be loaded: `model-damaged`, with the sizes when it breaks off. */
export async function damaged(hashed: HashedModel, cause: unknown): Promise<CortensorError> {
  const [file = ""] = hashed.files;
  const said = cause instanceof Error ? cause.message : String(cause);
  return new CortensorError("model-damaged", `${file} cannot be loaded.`, {
    why: [["seen", (await cutShort(hashed)) ?? said]],
    data: { file, sizeBytes: hashed.sizeBytes },
    cause,
  });
}

/** Undefined when the file is as long as its own list of weights wants it. */
async function cutShort({ files, sizeBytes }: HashedModel): Promise<string | undefined> {
  const { readGgufFileInfo } = await import("node-llama-cpp");
  const size = `${sizeBytes.toLocaleString("en-US")} bytes`;
  const info: GgufFileInfo | undefined = await readGgufFileInfo(files[0] ?? "", { logWarnings: false }).catch(
    () => undefined,
  );
  if (info === undefined) return `${size}, and the list of its weights cannot be read`;
  const last = Math.max(...(info.tensorInfo ?? []).map(({ fileOffset }) => Number(fileOffset)));
  if (last < sizeBytes) return undefined;
  return `${size}, and its last weights begin at byte ${last.toLocaleString("en-US")}`;
}
