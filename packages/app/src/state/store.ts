import type {
  ImageFacts,
  ModelFacts,
  NumberedPoint,
  Person,
  SegmentSummary,
  SessionSummary,
  View,
} from "@septum/protocol";
import type { Vec3 } from "@septum/volume";
import { useStore } from "zustand";
import { createStore } from "zustand/vanilla";
import type { Layout, Slices } from "../viewer/planes.ts";
import type { Window } from "../viewer/window.ts";
import type { Expiry } from "../words/expiry.ts";
import type { RunProgress } from "../words/run.ts";
import type { Outcome } from "../words/segments.ts";
import type { Facts } from "./replica.ts";

/** Something that went wrong, shown until it is read. */
export interface Problem {
  readonly id: number;
  readonly title: string;
  readonly detail: string;
  /** Does once more what it was about. */
  readonly again?: () => void;
}

export interface Upload {
  /** As the person calls the file; never leaves the page. */
  readonly name: string;
  readonly sent: number;
  readonly total: number;
  readonly startedAt: number;
  readonly now: number;
}

/** `locked`: the server asks for an access token. `gone`: deleted, expired or never there. `refused`: full, for now. */
export type SessionPhase = "starting" | "ready" | "locked" | "gone" | "refused";

/** The picture: nothing, on its way from the server, a file on its way to the server, the session's image. */
export type ScanPhase = "none" | "loading" | "local" | "ready";

export interface AppState {
  readonly session: {
    readonly phase: SessionPhase;
    readonly id?: string;
    readonly reason?: string;
    /** Who this page is among `people`. */
    readonly person?: string;
  };
  /** Everybody whose page shows this session now. */
  readonly people: readonly Person[];
  readonly sessions?: { readonly list: readonly SessionSummary[]; readonly all: boolean };
  readonly server: {
    readonly reachable: boolean;
    readonly model?: ModelFacts;
    readonly version?: string;
    readonly maxUploadBytes?: number;
    /** Characters that a segment's name may have. */
    readonly maxNameLength?: number;
  };
  readonly image?: ImageFacts;
  readonly imageRevision: number;
  readonly scanName?: string;
  readonly scan: ScanPhase;
  readonly upload?: Upload;
  /** The file on its way to the server, where it may be shown meanwhile. */
  readonly local?: Blob;
  /** Which image of the session this page sent last. */
  readonly sentRevision?: number;
  /** A file of several volumes, and the person has to say which. */
  readonly framesAsked?: { readonly file: File; readonly frames: number };
  /** Someone else in this session uploads a scan: bytes received. */
  readonly uploadElsewhere?: number;
  readonly points: readonly NumberedPoint[];
  readonly segments: readonly SegmentSummary[];
  readonly history: Facts["history"];
  readonly run?: RunProgress;
  /** What the last prompt or edit of this page did to other segments. */
  readonly outcome?: Outcome;
  /** The point that the next click moves. */
  readonly selected?: number;
  readonly view: {
    readonly layout: Layout;
    readonly window: Window;
    readonly opacity: number;
    readonly masksShown: boolean;
    /** Voxel under the crosshair, and its value. */
    readonly cross?: Vec3;
    readonly value?: number;
    readonly slices?: Slices;
    /** Where the crosshair is asked to go; a new array asks again. */
    readonly target?: Vec3;
  };
  /** How the session was looked at last, as the server kept it when the session was read. */
  readonly keptView?: View;
  /** When the session ends if nobody uses it; undefined: never, or not known. */
  readonly expiry?: Expiry;
  /** Changes on their way to the server. */
  readonly unsaved: number;
  /** When the last of this page's changes was answered, in milliseconds since the epoch. */
  readonly savedAt?: number;
  readonly helpShown: boolean;
  readonly problems: readonly Problem[];
}

/** What belongs to one session and is empty in the next. */
export const emptySession = {
  image: undefined,
  imageRevision: -1,
  scanName: undefined,
  scan: "none",
  upload: undefined,
  local: undefined,
  sentRevision: undefined,
  framesAsked: undefined,
  uploadElsewhere: undefined,
  points: [],
  segments: [],
  history: { steps: [], position: 0 },
  people: [],
  keptView: undefined,
  expiry: undefined,
  run: undefined,
  outcome: undefined,
  selected: undefined,
} as const satisfies Partial<AppState>;

const initial: AppState = {
  ...emptySession,
  session: { phase: "starting" },
  server: { reachable: true },
  view: { layout: "grid", window: { lower: 0, upper: 1 }, opacity: 0.5, masksShown: true },
  unsaved: 0,
  helpShown: false,
  problems: [],
};

export const store = createStore<AppState>(() => initial);

/** Reads from the store in a component; draws again when what `select` returns changed. */
export function useApp<T>(select: (state: AppState) => T): T {
  return useStore(store, select);
}

export function setView(change: Partial<AppState["view"]>): void {
  store.setState((state) => ({ view: { ...state.view, ...change } }));
}
