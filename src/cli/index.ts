import type { Registry } from "./registry.ts";

/** Every command. Only this file is loaded for `--help`; the commands themselves are imported when they run. */
export const registry: Registry = {
  bare: {
    name: "",
    summary: "dashboard, or this help without a terminal",
    load: async () => (await import("./commands/bare.ts")).bare,
  },
  chapters: [
    {
      title: "Start and stop:",
      commands: [
        {
          name: "up",
          summary: "a whole practice network on this machine, answering prompts",
          load: async () => (await import("./commands/up.ts")).up,
        },
        {
          name: "down",
          summary: "stop everything that runs in this home",
          load: async () => (await import("./commands/down.ts")).down,
        },
        {
          name: "miner",
          summary: "serve a model, earn COR",
          commands: [
            {
              name: "start",
              summary: "run a miner",
              load: async () => (await import("./commands/minerStart.ts")).minerStart,
            },
            {
              name: "stop",
              summary: "drain and stop one",
              load: async () => (await import("./commands/nodeStop.ts")).stopCommand("miner"),
            },
          ],
        },
        {
          name: "router",
          summary: "take prompts, pick miners, bring answers back",
          commands: [
            {
              name: "start",
              summary: "run a router",
              load: async () => (await import("./commands/routerStart.ts")).routerStart,
            },
            {
              name: "stop",
              summary: "drain and stop one",
              load: async () => (await import("./commands/nodeStop.ts")).stopCommand("router"),
            },
          ],
        },
        {
          name: "validator",
          summary: "check the others, report and vote each epoch",
          commands: [
            {
              name: "start",
              summary: "run a validator",
              load: async () => (await import("./commands/validatorStart.ts")).validatorStart,
            },
            {
              name: "stop",
              summary: "stop one",
              load: async () => (await import("./commands/nodeStop.ts")).stopCommand("validator"),
            },
          ],
        },
      ],
    },
    {
      title: "Ask:",
      commands: [
        {
          name: "submit",
          summary: "ask the network",
          load: async () => (await import("./commands/submit.ts")).submit,
        },
        {
          name: "chat",
          summary: "a conversation at the keyboard",
          load: async () => (await import("./commands/chat.ts")).chat,
        },
        {
          name: "verify",
          summary: "check an answer's receipt, offline",
          load: async () => (await import("./commands/verify.ts")).verify,
        },
        {
          name: "env",
          summary: "settings for OpenAI clients in this shell",
          load: async () => (await import("./commands/env.ts")).env,
        },
      ],
    },
    {
      title: "Look:",
      commands: [
        {
          name: "task",
          summary: "what became of prompts, and why",
          commands: [
            {
              name: "list",
              summary: "the newest of this API key",
              load: async () => (await import("./commands/taskList.ts")).taskList,
            },
            {
              name: "show",
              summary: "one in short",
              load: async () => (await import("./commands/taskShow.ts")).taskShow,
            },
            {
              name: "explain",
              summary: "why this miner, what took how long, what each part cost",
              load: async () => (await import("./commands/taskExplain.ts")).taskExplain,
            },
            {
              name: "cancel",
              summary: "end one that runs",
              load: async () => (await import("./commands/taskCancel.ts")).taskCancel,
            },
          ],
        },
        {
          name: "logs",
          summary: "what the nodes wrote down",
          load: async () => (await import("./commands/logs.ts")).logs,
        },
        {
          name: "status",
          summary: "what runs and how it is: a dashboard, lines or JSON",
          load: async () => (await import("./commands/status.ts")).status,
        },
      ],
    },
    {
      title: "Money and settings:",
      commands: [
        {
          name: "node",
          summary: "nodes in the registry, their stake and owners",
          commands: [
            {
              name: "list",
              summary: "all of the network",
              load: async () => (await import("./commands/nodeList.ts")).nodeList,
            },
            {
              name: "show",
              summary: "one node: registry, state and balances",
              load: async () => (await import("./commands/nodeShow.ts")).nodeShow,
            },
            {
              name: "register",
              summary: "enter a node, signed by its owner",
              load: async () => (await import("./commands/nodeRegister.ts")).nodeRegister,
            },
            {
              name: "stake",
              summary: "add to a node's stake",
              load: async () => (await import("./commands/nodeStake.ts")).nodeStake,
            },
            {
              name: "claim",
              summary: "bring what was earned in settled epochs to its owner",
              load: async () => (await import("./commands/nodeClaim.ts")).nodeClaim,
            },
          ],
        },
        {
          name: "session",
          summary: "payment sessions of this home's nodes",
          commands: [
            {
              name: "list",
              summary: "all of them, with deposits and vouchers",
              load: async () => (await import("./commands/sessionList.ts")).sessionList,
            },
            {
              name: "show",
              summary: "one session",
              load: async () => (await import("./commands/sessionShow.ts")).sessionShow,
            },
          ],
        },
        {
          name: "wallet",
          summary: "keys and money",
          commands: [
            {
              name: "new",
              summary: "make a key",
              load: async () => (await import("./commands/walletNew.ts")).walletNew,
            },
            {
              name: "import",
              summary: "take over a key",
              load: async () => (await import("./commands/walletImport.ts")).walletImport,
            },
            {
              name: "list",
              summary: "the keys of this home",
              load: async () => (await import("./commands/walletList.ts")).walletList,
            },
            {
              name: "show",
              summary: "one key's address and balances",
              load: async () => (await import("./commands/walletShow.ts")).walletShow,
            },
            {
              name: "fund",
              summary: "fill a wallet of a practice network",
              load: async () => (await import("./commands/walletFund.ts")).walletFund,
            },
            {
              name: "export",
              summary: "write a key, encrypted, to a file",
              load: async () => (await import("./commands/walletExport.ts")).walletExport,
            },
          ],
        },
        {
          name: "model",
          summary: "models of this machine",
          commands: [
            {
              name: "calibrate",
              summary: "measure how far honest answers vary, for verification",
              load: async () => (await import("./commands/modelCalibrate.ts")).modelCalibrate,
            },
          ],
        },
        {
          name: "network",
          summary: "the networks this machine knows",
          commands: [
            {
              name: "list",
              summary: "all of them",
              load: async () => (await import("./commands/networkList.ts")).networkList,
            },
            {
              name: "show",
              summary: "one network's chain and contracts",
              load: async () => (await import("./commands/networkShow.ts")).networkShow,
            },
            {
              name: "join",
              summary: "learn a network from its preset",
              load: async () => (await import("./commands/networkJoin.ts")).networkJoin,
            },
            {
              name: "use",
              summary: "choose the network that commands work on",
              load: async () => (await import("./commands/networkUse.ts")).networkUse,
            },
          ],
        },
        {
          name: "config",
          summary: "settings",
          commands: [
            {
              name: "get",
              summary: "the value in force",
              load: async () => (await import("./commands/configGet.ts")).configGet,
            },
            {
              name: "set",
              summary: "write a setting to the config file",
              load: async () => (await import("./commands/configSet.ts")).configSet,
            },
            {
              name: "unset",
              summary: "remove a setting from the config file",
              load: async () => (await import("./commands/configUnset.ts")).configUnset,
            },
            {
              name: "explain",
              summary: "where a value comes from, its range and unit",
              load: async () => (await import("./commands/configExplain.ts")).configExplain,
            },
          ],
        },
      ],
    },
    {
      title: "Help:",
      commands: [
        {
          name: "doctor",
          summary: "every check with its result and its fix",
          load: async () => (await import("./commands/doctor.ts")).doctor,
        },
        {
          name: "help",
          summary: "about a command, an error code, exit-codes, environment, json or chaos",
          load: async () => (await import("./commands/help.ts")).help,
        },
      ],
    },
  ],
};
