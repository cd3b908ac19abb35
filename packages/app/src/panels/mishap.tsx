import { Button } from "@mantine/core";
import { Component, type ReactNode } from "react";

interface MishapProps {
  readonly children: ReactNode;
}

interface MishapState {
  readonly error?: unknown;
}

/** What stands in place of the page when it cannot be drawn any more. React tells of that to classes alone. */
export class Mishap extends Component<MishapProps, MishapState> {
  override state: MishapState = {};

  static getDerivedStateFromError(error: unknown): MishapState {
    return { error };
  }

  override render() {
    const { error } = this.state;
    if (error === undefined) return this.props.children;
    return (
      <main className="centre" role="alert">
        <section className="card">
          <h2>This page made a mistake and cannot go on</h2>
          <p>Your work is on the server. Reload the page to go on where you were.</p>
          <p className="hint">{error instanceof Error ? error.message : String(error)}</p>
          <Button onClick={() => location.reload()}>Reload</Button>
        </section>
      </main>
    );
  }
}
