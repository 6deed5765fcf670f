/** `maxBodyBytes` as a flag spells it: `max-body-bytes`. */
export function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** `max-body-bytes` as an option record spells it: `maxBodyBytes`. */
export function camel(name: string): string {
  return name.replace(/-+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
