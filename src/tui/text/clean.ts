/** Everything that takes no column, moves the cursor, or begins an escape sequence. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Mn}\p{Me}\p{Zl}\p{Zp}\p{Cs}\p{Co}]/gu;
/** East Asian wide and full-width characters, and those that terminals draw as pictures: two columns, or who knows. */
const WIDE =
  /[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{10000}-\u{10ffff}]|\p{Emoji_Presentation}/gu;

/**
 * Text from elsewhere (names, reasons, events) made safe to show: on one row, no control characters, and every character one
 * column wide, so that nothing shifts and nothing reaches the terminal but text.
 */
export function clean(text: string): string {
  return text.replace(/\s+/g, " ").replace(INVISIBLE, "").replace(WIDE, "?");
}
