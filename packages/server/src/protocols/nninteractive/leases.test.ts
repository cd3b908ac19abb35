import { beforeEach, describe, expect, it } from "vitest";
import { createLeases, type Lease, type Leases } from "./leases.ts";

let at = 0;
let leases: Leases;
let ended: Lease[];
const gone = "The lease has expired, or is unknown";

beforeEach(() => {
  at = 0;
  ended = [];
  leases = createLeases({ places: 2, idleMs: 600, livenessMs: 60, now: () => at, onEnd: (lease) => ended.push(lease) });
});

function claim(): Lease {
  const lease = leases.claim();
  if (!lease) throw new Error("There is no place");
  return lease;
}

describe("a lease", () => {
  it("has a token of 32 hexadecimal digits, unlike any other", () => {
    const [one, other] = [claim(), claim()];
    expect(one.token).toMatch(/^[0-9a-f]{32}$/);
    expect(one.token).not.toBe(other.token);
  });

  it("takes a place until it is released, which may be said again and again", () => {
    const lease = claim();
    claim();
    expect(leases.claim()).toBeUndefined();
    leases.release(lease.token);
    leases.release(lease.token);
    leases.release(undefined);
    expect([ended, lease.signal.aborted, leases.taken]).toEqual([[lease], true, 1]);
    expect(() => leases.find(lease.token)).toThrow(gone);
    expect(leases.claim()).toBeDefined();
  });

  it("ends when nothing was heard of its client for too long", () => {
    const lease = claim();
    at = 60;
    expect(leases.find(lease.token)).toBe(lease);
    at = 61;
    expect(() => leases.find(lease.token)).toThrow(gone);
    expect(ended).toEqual([lease]);
  });

  it("gives its place away as soon as its time is up, before the next look", () => {
    claim();
    claim();
    at = 61;
    expect(leases.claim()).toBeDefined();
    expect(ended).toHaveLength(2);
  });

  it("lives by signs of life, and ends all the same when nothing is done", () => {
    const lease = claim();
    for (at = 50; at < 600; at += 50) leases.begin(lease, false)();
    expect(leases.remaining(lease)).toBe(0);
    at = 601;
    leases.sweep();
    expect(ended).toEqual([lease]);
  });

  it("lives on by what is done", () => {
    const lease = claim();
    for (at = 50; at <= 2000; at += 50) leases.begin(lease, true)();
    expect(leases.remaining(lease)).toBe(550);
  });

  it("does not end while a call is under way, and has its whole time after it", () => {
    const lease = claim();
    const end = leases.begin(lease, true);
    at = 5000;
    leases.sweep();
    expect(ended).toEqual([]);
    end();
    at = 5060;
    expect(leases.find(lease.token)).toBe(lease);
    at = 5061;
    leases.sweep();
    expect(ended).toEqual([lease]);
  });

  it("asks for a token", () => {
    expect(() => leases.find(undefined)).toThrow("The lease token is missing");
  });
});

it("a server that stops ends all leases", () => {
  const [one, other] = [claim(), claim()];
  leases.close();
  expect(ended).toEqual([one, other]);
});
