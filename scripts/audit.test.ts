import { describe, expect, test } from "vitest";
// @ts-expect-error The scripts are plain JavaScript, run before anything is built.
import { judge } from "./audit.mjs";

const counts = { info: 0, low: 2, moderate: 1, high: 0, critical: 0, total: 3 };

describe("judge()", () => {
  test("passes when nothing grave is known", () => {
    const report = {
      vulnerabilities: { cookie: { name: "cookie", severity: "low", range: "<0.7.0" } },
      metadata: { vulnerabilities: counts },
    };
    expect(judge(JSON.stringify(report))).toEqual({
      passed: true,
      lines: ["dependencies audited: 0 critical, 0 high, 1 moderate, 2 lower"],
    });
  });

  test.each(["high", "critical"])("fails on a %s vulnerability, and names it", (severity) => {
    const report = {
      vulnerabilities: { fastify: { name: "fastify", severity, range: "<5.3.2" } },
      metadata: { vulnerabilities: { ...counts, [severity]: 1 } },
    };
    const { passed, lines } = judge(JSON.stringify(report));
    expect([passed, lines[0]]).toEqual([false, `${severity} vulnerability in fastify <5.3.2`]);
  });

  test.each([
    ["", "no answer"],
    ["not JSON", "no answer"],
    ['{"message": "request to https://registry.example/-/audit failed\\nmore"}', "request to its address failed"],
    [
      '{"error": {"code": "ENOAUDIT", "summary": "Your configured registry does not support audit requests."}}',
      "Your configured registry does not support audit requests.",
    ],
  ])("passes, and says so, when the registry could not be asked (%#)", (text, reason) => {
    expect(judge(text)).toEqual({
      passed: true,
      lines: [`dependencies not audited: the registry could not be asked (${reason})`],
    });
  });
});
