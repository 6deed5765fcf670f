/** A contract, compiled at build time by `compile.ts`: the one named like its file. */
declare module "*.sol" {
  export const abi: readonly object[];
  /** Creation code, `0x` and hexadecimal digits. */
  export const bytecode: string;
  /** Run-time code, with zeros where immutables go. */
  export const deployedBytecode: string;
}
