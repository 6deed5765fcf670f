/** An error's exit code, its HTTP status, and the text of `cortensor help CODE`. */
export interface ErrorEntry {
  readonly exit: 1 | 2 | 3 | 4 | 5 | 6 | 7 | 130;
  readonly status: number;
  readonly help: string;
}

/**
 * Every error code. Exit codes: 1 a bug, 2 usage, 3 configuration or environment, 4 network or node unreachable,
 * 5 no capacity or timeout, 6 refused (authentication, funds, rights), 7 verification failed, 130 interrupted.
 */
export const ERRORS = {
  internal: {
    exit: 1,
    status: 500,
    help: "A bug in cortensor. Run again with --debug for the stack, and report it with the log file named.",
  },
  "unknown-command": { exit: 2, status: 404, help: "There is no command of this name. cortensor --help lists all." },
  "unknown-option": { exit: 2, status: 400, help: "The command has no such option. Its --help lists all." },
  "option-value": { exit: 2, status: 400, help: "An option's value has the wrong form or is out of its range." },
  "argument-missing": { exit: 2, status: 400, help: "The command needs an argument that was not given." },
  "argument-extra": {
    exit: 2,
    status: 400,
    help: "The command takes fewer arguments. A text with spaces is one argument only inside quotes.",
  },
  "prompt-missing": {
    exit: 2,
    status: 400,
    help: "A prompt is given as an argument, with --file, or piped in (cortensor submit -).",
  },
  "bad-request": { exit: 2, status: 400, help: "The request does not have the form that the interface takes." },
  "body-too-large": { exit: 2, status: 413, help: "The request body is larger than the router accepts." },
  "not-found": {
    exit: 2,
    status: 404,
    help: "There is nothing at this address. GET /openapi.json lists what there is.",
  },
  "method-not-allowed": {
    exit: 2,
    status: 405,
    help: "The address takes another HTTP method. GET /openapi.json lists what there is.",
  },
  "receipt-missing": {
    exit: 2,
    status: 404,
    help: "There is no receipt in this file or of this id. submit keeps the newest 500 in the home; its --receipt FILE writes one anywhere.",
  },
  "task-missing": {
    exit: 2,
    status: 404,
    help: "This API key has no task of this id, or several that begin so. cortensor task list shows the newest.",
  },
  "task-over": {
    exit: 2,
    status: 409,
    help: "The task is over, so there is nothing to cancel. cortensor task explain ID says how it ended.",
  },
  "context-length": {
    exit: 2,
    status: 400,
    help: "The prompt and the answer together must fit the model's context. Shorten the prompt or choose a model with a longer context.",
  },
  "batch-changed": {
    exit: 2,
    status: 409,
    help: "The unfinished answers beside the output belong to another batch file or other options. Move the .part file away, or give the options and file that it was begun with.",
  },
  "model-memory": {
    exit: 3,
    status: 503,
    help: "The model needs more memory than is free. Choose a smaller model or a smaller context.",
  },
  "model-missing": { exit: 3, status: 404, help: "The model file was not found." },
  "model-damaged": { exit: 3, status: 503, help: "The file is not a whole GGUF file. Get it again." },
  "engine-missing": {
    exit: 3,
    status: 503,
    help: "node-llama-cpp, the optional engine, is not installed or has no build for this machine.",
  },
  "chain-missing": {
    exit: 3,
    status: 503,
    help: "The optional package @foundry-rs/anvil, the embedded chain, is not installed or has no build for this machine.",
  },
  "config-invalid": {
    exit: 3,
    status: 500,
    help: "A setting is wrong. cortensor config explain KEY names its range and where its value comes from.",
  },
  "home-in-use": {
    exit: 3,
    status: 500,
    help: "A node or network of this name already runs from this home. One process per node.",
  },
  "home-damaged": {
    exit: 3,
    status: 500,
    help: "A file in the home cannot be read. The message names it; nothing was overwritten.",
  },
  "file-denied": {
    exit: 3,
    status: 500,
    help: "A file or folder may not be read or written by this user. The message names it.",
  },
  "disk-full": {
    exit: 3,
    status: 507,
    help: "There is no space left where a file must be written. Free some, or choose another folder with --home.",
  },
  "port-in-use": { exit: 3, status: 500, help: "Another process listens on the port. Choose another with --port." },
  "password-needed": {
    exit: 3,
    status: 500,
    help: "An encrypted key needs its password and there is no terminal. Use --password-file FILE (mode 0600).",
  },
  "key-missing": {
    exit: 3,
    status: 404,
    help: "There is no key of this name in the home. cortensor wallet list shows all.",
  },
  "key-exists": { exit: 3, status: 409, help: "A key of this name exists; keys are never overwritten." },
  "key-damaged": {
    exit: 3,
    status: 500,
    help: "The keystore file is not Web3 Secret Storage version 3, or was changed.",
  },
  "key-invalid": {
    exit: 2,
    status: 400,
    help: "A private key is 32 bytes, as 64 hexadecimal digits, between 1 and the order of secp256k1.",
  },
  "network-unknown": {
    exit: 3,
    status: 404,
    help: "There is no network preset of this name. cortensor network list shows all.",
  },
  "preset-invalid": {
    exit: 3,
    status: 400,
    help: "The preset file does not have the form of a cortensor network preset.",
  },
  "chain-mismatch": {
    exit: 3,
    status: 500,
    help: "The RPC endpoint belongs to another chain than the network preset says.",
  },
  "chain-old": {
    exit: 3,
    status: 500,
    help: "The chain lacks the Cancun upgrade, without which the contracts do not run.",
  },
  "parameters-fixed": {
    exit: 3,
    status: 409,
    help: "A network's parameters cannot change after deployment. cortensor down --purge starts a fresh practice network.",
  },
  "version-old": { exit: 3, status: 426, help: "The other side speaks another protocol version." },
  "node-version": { exit: 3, status: 500, help: "Cortensor needs Node 22.13 or newer." },
  "not-running": { exit: 4, status: 503, help: "Nothing runs in this home. cortensor up starts a practice network." },
  "router-unreachable": { exit: 4, status: 503, help: "No router answers. cortensor status shows what runs." },
  "rpc-unreachable": {
    exit: 4,
    status: 503,
    help: "No RPC endpoint of the chain answers. Nodes go on serving and settle later.",
  },
  "chain-rejected": {
    exit: 6,
    status: 502,
    help: "The chain refused a transaction. The message names the contract's reason.",
  },
  "peer-unreachable": { exit: 4, status: 503, help: "A peer did not answer at its address." },
  "peer-protocol": {
    exit: 4,
    status: 502,
    help: "A peer broke the protocol: a frame that is too large, malformed, out of place, or too many of them.",
  },
  "model-unserved": {
    exit: 5,
    status: 404,
    help: "No connected miner serves this model. GET /v1/models lists what is served.",
  },
  "no-capacity": {
    exit: 5,
    status: 503,
    help: "No miner can take the task now. Try again shortly or start another miner.",
  },
  "rate-limited": { exit: 5, status: 429, help: "Too many requests. Retry-After says when to come back." },
  timeout: { exit: 5, status: 504, help: "There was no answer in time. What was receipted is billed, nothing else." },
  "task-cancelled": {
    exit: 5,
    status: 499,
    help: "The task was ended with cortensor task cancel, or by whoever holds the same API key. Only receipted tokens are billed.",
  },
  "task-failed": {
    exit: 5,
    status: 502,
    help: "The task ended without a whole answer. Only receipted tokens are billed.",
  },
  "start-failed": {
    exit: 5,
    status: 500,
    help: "A node did not become ready. Its log says why; nothing was left running.",
  },
  unauthorised: {
    exit: 6,
    status: 401,
    help: "The API key is missing or unknown. cortensor env prints the one of this installation.",
  },
  "audit-refused": {
    exit: 6,
    status: 403,
    help: "A node did not answer a validator's question. Its code says why, and whether asking later helps.",
  },
  "password-wrong": { exit: 6, status: 401, help: "The password does not open the key." },
  "gas-low": {
    exit: 6,
    status: 402,
    help: "The wallet cannot pay the transaction's gas. On local: cortensor wallet fund.",
  },
  "stake-low": { exit: 6, status: 402, help: "The wallet has less COR than the stake asked for." },
  "deposit-low": {
    exit: 6,
    status: 402,
    help: "The session's deposit does not cover the highest cost of this answer.",
  },
  "consent-needed": {
    exit: 6,
    status: 403,
    help: "The step spends money or deletes something; --yes agrees to it without a terminal.",
  },
  "receipt-invalid": {
    exit: 7,
    status: 422,
    help: "At least one check of the receipt failed: something in it was changed, or it was signed by another key.",
  },
  "replay-failed": {
    exit: 7,
    status: 422,
    help: "The receipt holds, and its model does not give this answer to this prompt. Statistical evidence: at most 1 of 10,000 honest answers fails alone.",
  },
  interrupted: { exit: 130, status: 499, help: "Stopped before the result." },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;
