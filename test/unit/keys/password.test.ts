import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { generatedPassword, readPasswordFile } from "../../../src/keys/index.ts";

async function passwordFile(content: string, mode: number): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "cortensor-password-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, "password");
  await writeFile(file, content);
  await chmod(file, mode);
  return file;
}

test.each([
  ["one line", "secret\n", "secret"],
  ["no line end", "secret", "secret"],
  ["a line end of Windows", "secret\r\n", "secret"],
  ["spaces and a second line end, which are its own", " se cret \n\n", " se cret \n"],
])("the password in a file is its text less one line end: %s", async (_, content, password) => {
  expect(await readPasswordFile(await passwordFile(content, 0o600))).toBe(password);
});

test("a read-only file will do", async () => {
  expect(await readPasswordFile(await passwordFile("secret", 0o400))).toBe("secret");
});

test.each([0o644, 0o640, 0o604, 0o620, 0o660])(
  "a file that others may open (%o) is refused with the command that closes it",
  async (mode) => {
    const file = await passwordFile("secret", mode);
    await expect(readPasswordFile(file)).rejects.toMatchObject({
      code: "config-invalid",
      details: { try: `chmod 600 ${file}`, why: [["why", `its mode is 0${mode.toString(8)}, 0600 is needed`]] },
    });
  },
);

test.each([
  ["empty", ""],
  ["only a line end", "\n"],
  ["longer than a password", "x".repeat(5000)],
])("a file that is %s is refused", async (_, content) => {
  const file = await passwordFile(content, 0o600);
  await expect(readPasswordFile(file)).rejects.toMatchObject({
    code: "config-invalid",
    message: expect.stringContaining(file),
  });
});

test("a missing file and a folder are refused by name", async () => {
  const file = await passwordFile("secret", 0o600);
  await expect(readPasswordFile(`${file}-2`)).rejects.toMatchObject({ code: "config-invalid" });
  await expect(readPasswordFile(join(file, ".."))).rejects.toMatchObject({ code: "config-invalid" });
});

test("generated passwords are long and differ", () => {
  const passwords = new Set(Array.from({ length: 50 }, generatedPassword));
  expect(passwords.size).toBe(50);
  for (const password of passwords) expect(password).toMatch(/^[\w-]{43}$/);
});
