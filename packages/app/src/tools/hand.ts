import type { Axis, EditInput, PromptInput, PromptPatch, PromptSummary } from "@septum/protocol";
import type { Vec3 } from "@septum/volume";
import type { Editing } from "../state/editing.ts";
import { nextSign } from "../state/editing.ts";
import type { DisplayGrid } from "../viewer/grid.ts";
import { planes, type Tile } from "../viewer/planes.ts";
import { distanceOnScreen, type Shape, shapeOf, shifted, sketchShape, slicesAway } from "./shapes.ts";
import { type DrawTool, editOf, extended, promptOf, type Sketch } from "./sketch.ts";

/** A position in one of the planes. */
export interface PlanePoint {
  readonly tile: Tile;
  /** CSS pixels from the viewer's corner. */
  readonly x: number;
  readonly y: number;
  /** The file's voxel coordinates there, not rounded but along the axis looked along. */
  readonly place: Vec3;
  /** A key is held that turns the sign over, or the brush into the eraser. */
  readonly flipped: boolean;
}

/** What is done with what was drawn. */
export interface HandActions {
  addPrompt(body: PromptInput): Promise<boolean>;
  movePrompt(label: number, n: number, patch: PromptPatch): Promise<boolean>;
  edit(body: EditInput): Promise<boolean>;
  pickSegment(voxel: Vec3): void;
  mark(voxel: Vec3): void;
  /** Selects a prompt of the active segment, or none. */
  select(n: number | undefined): void;
  moveCross(voxel: Vec3): void;
  /** Paints in the picture at once; the server's answer settles it. */
  paint(sketch: Sketch): void;
  /** The stroke that was painted ended; `kept` resolves when the server has it, or has not. */
  painted(kept: Promise<boolean>): void;
}

export interface HandContext {
  editing(): Editing;
  grid(): DisplayGrid | undefined;
  /** Prompts of the active segment. */
  prompts(): readonly PromptSummary[];
  readonly actions: HandActions;
  /** Something that is drawn changed. */
  redraw(): void;
}

/** What is to be drawn in a plane. */
export interface DrawnShape {
  readonly shape: Shape;
  readonly selected: boolean;
  readonly unsent: boolean;
}

/** The tools: what pointers do in the planes with what the hand holds. */
export interface Hand {
  /** Begins something and returns true, or leaves the press to the crosshair. */
  press(at: PlanePoint): boolean;
  move(at: readonly PlanePoint[]): void;
  release(at: PlanePoint): void;
  /** A press and release in one place that `press` left to the crosshair. */
  click(at: PlanePoint): void;
  /** Where the pointer is without being pressed; undefined: elsewhere. */
  hover(at: PlanePoint | undefined): void;
  /** Drops what is unfinished. Returns whether there was something. */
  cancel(): boolean;
  readonly hovered: PlanePoint | undefined;
  readonly sketch: Sketch | undefined;
  shapes(tile: Tile, slice: number): DrawnShape[];
}

/** A press that moves less than this many pixels is a click. */
const clickSlop = 4;
/** How near to a prompt a press must be to take hold of it, in pixels. */
const grasp = 9;

const drawTools: readonly string[] = ["box", "scribble", "lasso", "brush", "eraser"] satisfies DrawTool[];

type Doing =
  | { readonly kind: "sketch"; readonly from: PlanePoint; readonly near: number | undefined; sketch: Sketch }
  | { readonly kind: "prompt"; readonly from: PlanePoint; readonly n: number; by: Vec3; moved: boolean };

export function createHand({ editing, grid, prompts, actions, redraw }: HandContext): Hand {
  let doing: Doing | undefined;
  let hovered: PlanePoint | undefined;
  /** Drawn, and not yet known to the server. */
  let unsent: readonly ((axis: Axis) => Shape | undefined)[] = [];

  const axisOf = (shown: DisplayGrid, { plane }: Tile) => shown.axis[planes[plane].along] as Axis;

  function press(at: PlanePoint): boolean {
    const shown = grid();
    const { tool, prompt: selected } = editing();
    if (!shown || tool === "mark") return false;
    const near = promptNear(shown, at);
    if (near !== undefined && (!isDrawTool(tool) || near === selected)) {
      doing = { kind: "prompt", from: at, n: near, by: [0, 0, 0], moved: false };
      return true;
    }
    if (!isDrawTool(tool)) return false;
    const axis = axisOf(shown, at.tile);
    const positive = signFor(at);
    doing = {
      kind: "sketch",
      from: at,
      near,
      sketch: {
        tool: tool === "brush" && at.flipped ? "eraser" : tool,
        plane: at.tile.plane,
        axis,
        slice: at.place[axis],
        positive,
        places: [at.place],
      },
    };
    paint();
    redraw();
    return true;
  }

  function move(points: readonly PlanePoint[]): void {
    if (!doing) return;
    const last = points[points.length - 1];
    hovered = last;
    if (doing.kind === "sketch") {
      for (const { place } of points) doing.sketch = extended(doing.sketch, place);
      paint();
    } else {
      doing.moved ||= Math.hypot(last.x - doing.from.x, last.y - doing.from.y) > clickSlop;
      if (doing.moved) doing.by = wholeVoxels(doing.from.place, last.place);
    }
    redraw();
  }

  function release(at: PlanePoint): void {
    const ended = doing;
    const shown = grid();
    if (!ended || !shown) return;
    if (ended.kind === "prompt") endMove(ended);
    else endSketch(ended, at, shown);
    doing = undefined;
    redraw();
  }

  function endMove({ n, by, moved }: Extract<Doing, { kind: "prompt" }>): void {
    const { active, prompt: selected } = editing();
    const prompt = prompts()[n];
    if (!moved) {
      actions.select(selected === n ? undefined : n);
      return;
    }
    if (active === undefined || !prompt || by.every((part) => part === 0)) return;
    actions.select(n);
    const later = actions.movePrompt(active, n, patchFor(prompt, by));
    keep((axis) => {
      const shape = shapeOf(prompt, axis);
      return shape && shifted(shape, by, axis);
    }, later);
  }

  function endSketch({ sketch, from, near }: Extract<Doing, { kind: "sketch" }>, at: PlanePoint, shown: DisplayGrid) {
    const { tool } = sketch;
    if (tool === "brush" || tool === "eraser") {
      const kept = actions.edit(editOf(sketch, editing().brush));
      actions.painted(kept);
      return;
    }
    const short = Math.hypot(at.x - from.x, at.y - from.y) <= clickSlop && sketch.places.length < 8;
    if (short && near !== undefined) {
      actions.select(near);
      return;
    }
    if (short && tool !== "scribble") {
      actions.moveCross(wholeVoxels([0, 0, 0], at.place));
      return;
    }
    const body = promptOf(sketch, shown.size);
    if (!body) return;
    const shape = sketchShape(sketch, shown.size);
    keep((axis) => (axis === sketch.axis ? shape : undefined), actions.addPrompt(body));
  }

  function click(at: PlanePoint): void {
    const shown = grid();
    const { tool } = editing();
    if (!shown) return;
    const voxel = wholeVoxels([0, 0, 0], at.place);
    if (voxel.some((part, d) => part < 0 || part >= shown.size[d])) return;
    if (tool === "pick") actions.pickSegment(voxel);
    if (tool === "mark") actions.mark(voxel);
    if (tool !== "point") return;
    const positive = signFor(at);
    const shape = (axis: Axis): Shape => {
      return { kind: "point", positive, places: [voxel], from: voxel[axis], to: voxel[axis] };
    };
    keep(shape, actions.addPrompt({ kind: "point", voxel, positive }));
    redraw();
  }

  /** Shows a shape until the server has it, or has not. */
  function keep(shape: (axis: Axis) => Shape | undefined, later: Promise<boolean>): void {
    unsent = [...unsent, shape];
    const drop = () => {
      unsent = unsent.filter((one) => one !== shape);
      redraw();
    };
    later.then(drop, drop);
  }

  function paint(): void {
    if (doing?.kind !== "sketch") return;
    const { tool } = doing.sketch;
    if (tool === "brush" || tool === "eraser") actions.paint(doing.sketch);
  }

  function signFor({ flipped }: PlanePoint): boolean {
    return nextSign(editing()) !== flipped;
  }

  /** The topmost prompt under a position: the one given last. */
  function promptNear(shown: DisplayGrid, at: PlanePoint): number | undefined {
    if (!editing().promptsShown) return undefined;
    const axis = axisOf(shown, at.tile);
    const all = prompts();
    for (let n = all.length - 1; n >= 0; n--) {
      const shape = shapeOf(all[n], axis);
      if (!shape || slicesAway(shape, at.place[axis]) > 0) continue;
      if (distanceOnScreen(shape, shown, at.tile, [at.x, at.y]) <= grasp) return n;
    }
    return undefined;
  }

  return {
    press,
    move,
    release,
    click,
    hover(at) {
      hovered = at;
      redraw();
    },
    cancel() {
      if (!doing) return false;
      const { kind } = doing;
      const tool = doing.kind === "sketch" ? doing.sketch.tool : undefined;
      doing = undefined;
      if (kind === "sketch" && (tool === "brush" || tool === "eraser")) actions.painted(Promise.resolve(false));
      redraw();
      return true;
    },
    get hovered() {
      return hovered;
    },
    get sketch() {
      return doing?.kind === "sketch" ? doing.sketch : undefined;
    },
    shapes(tile, slice) {
      const shown = grid();
      const state = editing();
      if (!shown) return [];
      const axis = axisOf(shown, tile);
      const drawn: DrawnShape[] = [];
      const add = (shape: Shape | undefined, selected: boolean, unsent: boolean) => {
        if (shape && slicesAway(shape, slice) <= 3) drawn.push({ shape, selected, unsent });
      };
      if (state.promptsShown) {
        for (const [n, prompt] of prompts().entries()) {
          const shape = shapeOf(prompt, axis);
          const by = doing?.kind === "prompt" && doing.n === n ? doing.by : undefined;
          add(shape && by ? shifted(shape, by, axis) : shape, state.prompt === n, false);
        }
      }
      for (const shape of unsent) add(shape(axis), false, true);
      if (doing?.kind === "sketch" && doing.sketch.plane === tile.plane) {
        const { tool } = doing.sketch;
        if (tool !== "brush" && tool !== "eraser") add(sketchShape(doing.sketch, shown.size), false, true);
      }
      return drawn;
    },
  };
}

export function isDrawTool(tool: string): tool is DrawTool {
  return drawTools.includes(tool);
}

function wholeVoxels(from: Vec3, to: Vec3): Vec3 {
  const along = (d: 0 | 1 | 2) => Math.floor(to[d] - from[d] + 0.5);
  return [along(0), along(1), along(2)];
}

function patchFor({ voxel }: PromptSummary, by: Vec3): PromptPatch {
  return voxel ? { voxel: [voxel[0] + by[0], voxel[1] + by[1], voxel[2] + by[2]] } : { offset: by };
}
