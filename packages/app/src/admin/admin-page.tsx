import "./admin.css";
import { Alert, Button, Loader } from "@mantine/core";
import type { AdminDone } from "@septum/protocol";
import { IconAlertTriangle, IconArrowLeft, IconLogout } from "@tabler/icons-react";
import { useState } from "react";
import { DeleteDialog } from "../session/delete-dialog.tsx";
import { Figures } from "./figures.tsx";
import { SessionTable } from "./session-table.tsx";
import { TokenForm } from "./token-form.tsx";
import { type Overview, useOverview } from "./use-overview.ts";

/** The server from the side of whoever runs it: `/?admin`. It belongs to no session and makes none. */
export function AdminPage() {
  const overview = useOverview();
  const { answer, locked, trouble, hasToken, enterToken } = overview;
  return (
    <div className="admin">
      <header className="header">
        <div className="brand">
          <img src="/icon.svg" alt="" width={26} height={26} />
          <h1>Septum</h1>
        </div>
        <div className="scan-facts">
          <strong>Administration</strong>
        </div>
        <div className="header-tools">
          {hasToken && !locked && (
            <Button
              size="xs"
              variant="default"
              leftSection={<IconLogout size={15} />}
              onClick={() => enterToken(undefined)}
            >
              Forget the token
            </Button>
          )}
          <Button size="xs" variant="default" leftSection={<IconArrowLeft size={15} />} component="a" href="/">
            To the app
          </Button>
        </div>
      </header>
      <main className="admin-main">
        {locked && <TokenForm reason={locked} refused={hasToken} onToken={enterToken} />}
        {!locked && !answer && !trouble && (
          <div className="centre" role="status">
            <Loader size="sm" />
          </div>
        )}
        {trouble && (
          <Alert color="orange" icon={<IconAlertTriangle size={18} />} title="The server did not answer as expected">
            {trouble}. {answer ? "What is shown is older; this page tries again." : "This page tries again."}
          </Alert>
        )}
        {answer && <Board {...overview} answer={answer} />}
      </main>
    </div>
  );
}

function Board({ answer, client, refresh }: Overview & { readonly answer: NonNullable<Overview["answer"]> }) {
  const [deleting, setDeleting] = useState<string>();
  const [pending, setPending] = useState<ReadonlySet<string>>(new Set());
  const [outcome, setOutcome] = useState<{ readonly text: string; readonly failed: boolean }>();
  const now = Date.now();

  async function act(id: string, call: (id: string) => Promise<AdminDone>) {
    setPending((others) => new Set([...others, id]));
    try {
      setOutcome({ text: (await call(id)).message, failed: false });
    } catch (error) {
      setOutcome({ text: error instanceof Error ? error.message : String(error), failed: true });
    } finally {
      setPending((others) => new Set([...others].filter((other) => other !== id)));
      refresh();
    }
  }

  return (
    <>
      <Figures answer={answer} now={now} />
      {outcome && (
        <Alert
          color={outcome.failed ? "red" : "teal"}
          withCloseButton
          closeButtonLabel="Close"
          onClose={() => setOutcome(undefined)}
          role="status"
          py={8}
        >
          {outcome.text}
        </Alert>
      )}
      <SessionTable
        sessions={answer.sessions}
        now={now}
        pending={pending}
        onRest={(id) => void act(id, client.rest)}
        onDelete={setDeleting}
      />
      {deleting && (
        <DeleteDialog
          name={deleting}
          warning="Somebody may be working in it."
          opened
          onClose={() => setDeleting(undefined)}
          onDelete={() => void act(deleting, client.deleteSession)}
        />
      )}
    </>
  );
}
