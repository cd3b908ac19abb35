import { afterEach, expect, test, vi } from "vitest";
import { createPresence } from "../sessions/presence.ts";
import { type Harness, startHarness } from "../testing/harness.ts";

let harness: Harness;

afterEach(() => harness?.app.close());

test("PUT /api/presence refuses places outside the volume, and people who are not here", async () => {
  harness = await startHarness();
  const { call, loaded } = harness;
  const id = await loaded();
  const look = async (session: string | undefined, body: object) => {
    const answer = await call(session, "PUT", "/api/presence", body);
    return [answer.status, answer.body.code, answer.body.detail];
  };
  const detail = "Nobody here is 0a1b2c3d: follow the session's events first";
  expect(await look(id, { person: "0a1b2c3d", voxel: [1, 2, 3] })).toEqual([404, "person_not_found", detail]);
  expect((await look(id, { person: "0a1b2c3d", voxel: [1, 2, 8] }))[1]).toBe("outside_volume");
  expect((await look(id, { person: "0a1b2c3d" }))[1]).toBe("bad_request");
  expect((await look(undefined, { person: "0a1b2c3d", voxel: [1, 2, 3] }))[1]).toBe("no_image");
});

test("look() is told to all soon, at most ten times a second, and forgotten with the person", async () => {
  const presence = createPresence();
  const { person, leave } = presence.enter();
  const told = vi.fn();
  presence.listen(told);
  expect(presence.look("nobody", [0, 0, 0])).toBe(false);
  for (let i = 0; i < 50; i++) expect(presence.look(person.id, [i, 0, 0])).toBe(true);
  await expect.poll(() => told).toHaveBeenCalled();
  expect(told.mock.calls).toEqual([[[{ ...person, voxel: [49, 0, 0] }]]]);
  leave();
  expect(presence.people).toEqual([]);
  expect(presence.enter(person.id).person).toEqual(person);
});
