import { intensities } from "../state/facts.ts";
import { setView, useApp } from "../state/store.ts";
import { describeWindow, percentileWindow, presetsFor, presetWindow, type Window } from "../viewer/window.ts";

/** Window and level: presets for CT, percentiles for everything else. */
export function WindowPanel() {
  const image = useApp((state) => state.image);
  const window = useApp((state) => state.view.window);
  if (!image) return null;
  const values = intensities(image);
  const choices = [
    ...presetsFor(values).map((preset) => ({ name: preset.name, window: presetWindow(preset) })),
    { name: "Auto", window: percentileWindow(values) },
  ];
  const { width, level } = describeWindow(window);
  return (
    <section className="panel-section" aria-labelledby="window-title">
      <div className="panel-head">
        <h2 id="window-title">Window</h2>
        <span className="window-now" data-testid="window">
          W {width} · L {level}
        </span>
      </div>
      <fieldset className="presets" aria-label="Window presets">
        {choices.map((choice) => (
          <button
            type="button"
            key={choice.name}
            aria-pressed={same(choice.window, window)}
            onClick={() => setView({ window: choice.window })}
          >
            {choice.name}
          </button>
        ))}
      </fieldset>
      <p className="hint">Drag with the right button: sideways for width, up and down for level.</p>
    </section>
  );
}

function same(a: Window, b: Window): boolean {
  return Math.abs(a.lower - b.lower) < 1e-6 && Math.abs(a.upper - b.upper) < 1e-6;
}
