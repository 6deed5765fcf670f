import { REPLAY_K } from "../../protocol/sampler.ts";
import type { Candidate, ReplayInput } from "../interface.ts";
import { answerLength, distribution, hashOfText, mix, type Noise } from "./distribution.ts";

/** What the script would have offered at each forced position. */
export function* replayed(
  input: ReplayInput,
  script: { seed: string; length: number; noise?: Noise | undefined },
): Generator<readonly Candidate[], void, void> {
  const ids = [...input.ids];
  let hash = ids.reduce(mix, hashOfText(script.seed));
  let said = answerLength(ids);
  for (const id of input.forced) {
    yield distribution({ ids, hash, said, length: script.length, most: REPLAY_K, noise: script.noise });
    ids.push(id);
    hash = mix(hash, id);
    said += 1;
  }
}
