import { describe, expect, it } from "vitest";
import { utcDayText } from "../../../src/protocol/utcDayText.ts";

const DAY = Date.UTC(2024, 1, 29) / 1000;

describe("utcDayText", () => {
  it.each([
    ["%d %b %Y", "29 Feb 2024"],
    ["%A, %B %-d, %Y", "Thursday, February 29, 2024"],
    ["%a %e %h %y", "Thu 29 Feb 24"],
    ["%Y-%m-%d %H:%M:%S %Z%z", "2024-02-29 00:00:00 UTC+0000"],
    ["%F %T %D %-m %I %p %R", "2024-02-29 00:00:00 02/29/24 2 12 AM 00:00"],
    ["%j 100%% %Q", "060 100% %Q"],
  ])("shows %s as Python does", (format, shown) => {
    expect(utcDayText(DAY, format)).toBe(shown);
  });

  it("shows midnight at any time of the day", () => {
    expect(utcDayText(DAY + 86_399, "%F %T")).toBe("2024-02-29 00:00:00");
    expect(utcDayText(DAY + 86_400, "%F %T")).toBe("2024-03-01 00:00:00");
  });
});
