import { useState } from "react";

import type { SecretGiven, SecretPlace, SecretRow } from "@/api/types";
import { visible } from "@/ui/format";
import { Button } from "@/ui/parts";

/** Where a secret is, in words. */
export function placeInWords(place: SecretPlace): string {
  if (typeof place === "object") return `read from ${visible(place.reference)}`;
  return { keyring: "set, in the keyring", file: "set, in the encrypted file", environment: "set, in the environment" }[place];
}

type Way = "stays" | "value" | "from" | "none";

/** A secret: never shown, only said to be set; it is replaced, read from elsewhere, or removed. */
export function SecretField({ name, now, given, change }: { name: string; now: SecretRow | undefined; given: SecretGiven | undefined; change: (given: SecretGiven | undefined) => void }) {
  const [way, setWay] = useState<Way>(now ? "stays" : "value");
  const id = `connection-secret-${name}`;
  const choose = (next: Way) => {
    setWay(next);
    change(next === "none" ? "none" : undefined);
  };
  const text = typeof given === "object" ? String("value" in given ? given.value : given.from) : "";
  const label = name.replaceAll("_", " ");
  return (
    <div className="field">
      <label htmlFor={id}>{label.charAt(0).toUpperCase() + label.slice(1)}<span className="t3">secret</span></label>
      {way === "stays" && now ? (
        <div className="row"><span className="t2 grow" id={id} data-testid={`secret-place-${name}`}>{placeInWords(now.place)}</span><Button onClick={() => choose("value")} testid={`secret-replace-${name}`}>Replace…</Button><Button kind="quiet" onClick={() => choose("none")} testid={`secret-remove-${name}`}>Remove</Button></div>
      ) : way === "none" ? (
        <div className="row"><span className="t2 grow" id={id}>is removed when you save</span><Button onClick={() => choose("stays")}>Keep it</Button></div>
      ) : (
        <div className="row">
          <select className="input" aria-label={`How ${label} is given`} value={way} onChange={(event) => choose(event.target.value as Way)} data-testid={`secret-way-${name}`}><option value="value">this value</option><option value="from">from elsewhere</option></select>
          <input id={id} className={way === "from" ? "input mono wide" : "input wide"} type={way === "from" ? "text" : "password"} value={text} placeholder={way === "from" ? "file:PATH, env:NAME, vault:MOUNT/PATH#FIELD" : undefined} onChange={({ target: { value } }) => change(value === "" ? undefined : way === "from" ? { from: value } : { value })} autoComplete="new-password" spellCheck={false} data-testid={`secret-${name}`} />
        </div>
      )}
    </div>
  );
}
