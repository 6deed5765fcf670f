import { Box, Text } from "ink";
import { memo, type ReactNode } from "react";
import { LOOKS } from "./roles.ts";
import type { Line } from "./text/line.ts";

/** A screen made of rows. What does not fit was left out by whoever made them. */
export function Rows({ lines, height }: { readonly lines: readonly Line[]; readonly height: number }): ReactNode {
  return (
    <Box flexDirection="column" height={height} overflow="hidden">
      {lines.slice(0, height).map((line, at) => (
        // oxlint-disable-next-line no-array-index-key -- a row is its place on the screen
        <Row key={at} line={line} />
      ))}
    </Box>
  );
}

/** Ten pictures a second differ in few rows; the others are not rendered again. */
const Row = memo(function Row({ line }: { readonly line: Line }): ReactNode {
  // A row without text would take no height.
  if (line.length === 0) return <Text> </Text>;
  return (
    <Text wrap="truncate">
      {line.map(({ text, role }, at) =>
        role === "primary" ? (
          text
        ) : (
          // oxlint-disable-next-line no-array-index-key -- a segment is its place in the row
          <Text key={at} {...LOOKS[role]}>
            {text}
          </Text>
        ),
      )}
    </Text>
  );
}, isSame);

function isSame(a: { readonly line: Line }, b: { readonly line: Line }): boolean {
  return (
    a.line.length === b.line.length &&
    a.line.every((segment, at) => segment.text === b.line[at]?.text && segment.role === b.line[at].role)
  );
}
