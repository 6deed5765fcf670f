import type { HelpTexts } from "./context.ts";
import { commandHelp, groupHelp, rootHelp } from "./help.ts";
import type { Look } from "./output/look.ts";
import { allCommands, isGroup, type Registry } from "./registry.ts";

export function helpTexts(registry: Registry, look: Look): HelpTexts {
  const top = registry.chapters.flatMap(({ commands }) => commands);
  const all = allCommands(registry);
  return {
    root: () => rootHelp(registry, look),
    names: () => [...top.map(({ name }) => name), ...all.map(({ path }) => path)],
    async about(name) {
      const group = top.find((entry) => entry.name === name);
      if (group !== undefined && isGroup(group)) return groupHelp(group, look);
      const found = all.find(({ path }) => path === name);
      if (found === undefined) return undefined;
      return commandHelp(name.split(" "), { entry: found.entry, command: await found.entry.load(), look });
    },
  };
}
