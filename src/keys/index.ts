export { type KeyInfo, KeyStore } from "./keystore.ts";
export type { OpenKey } from "./openKey.ts";
export { generatedPassword, readPasswordFile } from "./password.ts";
export { recover } from "./recover.ts";
export { createSigner, newPrivateKey } from "./signer.ts";
export { createVault } from "./vault.ts";
export { createMailbox, sealTo } from "./mailbox.ts";
