import { Button, PasswordInput } from "@mantine/core";
import { IconKey } from "@tabler/icons-react";
import { type FormEvent, useState } from "react";
import { unlock } from "../state/unlock.ts";

/** Shown while the server asks for an access token; then the page goes on where it was. */
export function TokenForm() {
  const [token, setToken] = useState("");
  const [refusal, setRefusal] = useState<string>();
  const [asking, setAsking] = useState(false);

  async function submit(event: FormEvent) {
    event.preventDefault();
    setAsking(true);
    setRefusal(await unlock(token.trim()));
    setAsking(false);
  }

  return (
    <div className="centre" data-testid="token-form">
      <form className="card token-card" onSubmit={submit} aria-labelledby="token-title">
        <h2 id="token-title">This server asks for an access token</h2>
        <PasswordInput
          label="Access token"
          description="From whoever runs the server. This browser stays logged in for 30 days."
          value={token}
          onChange={(event) => setToken(event.currentTarget.value)}
          error={refusal}
          autoComplete="current-password"
          data-autofocus
          w="100%"
        />
        <Button
          type="submit"
          fullWidth
          leftSection={<IconKey size={16} />}
          loading={asking}
          disabled={token.trim() === ""}
        >
          Go on
        </Button>
      </form>
    </div>
  );
}
