import { Button, PasswordInput } from "@mantine/core";
import { IconLock } from "@tabler/icons-react";
import { type FormEvent, useState } from "react";

interface TokenFormProps {
  /** What the server said. */
  readonly reason: string;
  /** A token was tried already. */
  readonly refused: boolean;
  readonly onToken: (token: string) => void;
}

export function TokenForm({ reason, refused, onToken }: TokenFormProps) {
  const [token, setToken] = useState("");
  const send = (event: FormEvent) => {
    event.preventDefault();
    if (token !== "") onToken(token);
  };
  return (
    <div className="centre">
      <form className="card token-card" onSubmit={send} aria-labelledby="token-title">
        <h2 id="token-title">For the administrator</h2>
        <PasswordInput
          label="Administrator's token"
          description="The server was given it as SEPTUM_ADMIN_TOKEN."
          value={token}
          onChange={(event) => setToken(event.currentTarget.value)}
          error={refused ? reason : undefined}
          autoComplete="current-password"
          data-autofocus
          autoFocus
        />
        {!refused && <p className="hint">{reason}</p>}
        <Button type="submit" fullWidth leftSection={<IconLock size={16} />} disabled={token === ""}>
          Enter
        </Button>
      </form>
    </div>
  );
}
