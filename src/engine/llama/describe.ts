import { basename } from "node:path";
import type { LlamaModel } from "node-llama-cpp";
import type { ModelInfo } from "../interface.ts";
import type { HashedModel } from "../modelFile.ts";

/** `token_type` of a control token in a GGUF file. */
const CONTROL = 3;
/** Models are made for up to a million tokens; nobody asked for the memory of that. */
const USUAL_CONTEXT_TOKENS = 4096;

/** What the files of a loaded model say of it. `contextTokens` 0: what it was made for, at most 4096. */
export function describe(model: LlamaModel, hashed: HashedModel, contextTokens: number): ModelInfo {
  const { tokenizer, general } = model.fileInfo.metadata;
  const wanted = contextTokens === 0 ? USUAL_CONTEXT_TOKENS : contextTokens;
  const texts = tokenizer.ggml.tokens;
  const types = tokenizer.ggml.token_type;
  return {
    modelId: hashed.modelId,
    name: nameOf(hashed.files[0] ?? "", general.name),
    sizeBytes: hashed.sizeBytes,
    contextTokens: Math.min(wanted, model.trainContextSize),
    vocabularySize: texts.length,
    chatTemplate: tokenizer.chat_template,
    bosText: model.tokens.bosString ?? "",
    eosText: model.tokens.eosString ?? "",
    addBos: model.tokens.shouldPrependBosToken,
    controlTokens: texts.filter((text, id) => text !== "" && Number(types[id]) === CONTROL),
  };
}

/** The file's name, as it tells the precision too; the name inside when the file has none. */
function nameOf(file: string, inside: string | undefined): string {
  const name = basename(file).replace(/(-00001-of-\d{5})?\.gguf$/i, "");
  return name === "" ? (inside ?? "model") : name;
}
