import { execFileSync } from "node:child_process";

/** End-to-end tests run the built program, so it is built once before them from the sources under test. */
export default function build(): void {
  if (process.env.CORTENSOR_SKIP_BUILD === "1") return;
  execFileSync("npm", ["run", "--silent", "build"], { stdio: "inherit" });
}
