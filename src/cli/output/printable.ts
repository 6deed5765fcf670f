/**
 * Text from elsewhere as a terminal may show it: without the control characters that could move the cursor, change the
 * title or answer for the keyboard. Line ends and tabs stay.
 */
export function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- exactly these are taken out
  return text.replace(/\r\n/g, "\n").replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, "");
}
