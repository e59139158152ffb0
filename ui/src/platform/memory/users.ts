// The made-up users of Airflow's interface.

import type { Operations, UserRow } from "@/api/types";

const SHORTEST = 8;

/** Who may use it. Passwords are not kept. */
export class Users {
  rows: UserRow[] = [];

  add({ user: name, role, password }: Operations["user.add"]["args"]): UserRow {
    check(password);
    if (this.rows.some((row) => row.name === name)) throw { code: "user.exists", class: "permanent", what: `The user ${name} was not made`, why: "There is one of this name." };
    const row = { name, role, changed: Date.now() };
    this.rows = [...this.rows, row].toSorted((a, b) => a.name.localeCompare(b.name));
    return row;
  }

  renew({ user, password }: Operations["user.password"]["args"]): UserRow {
    check(password);
    const row = this.rows.find(({ name }) => name === user)!;
    row.changed = Date.now();
    return row;
  }

  remove(user: string): Record<string, never> {
    this.rows = this.rows.filter(({ name }) => name !== user);
    return {};
  }
}

function check(password: string): void {
  if (password.length < SHORTEST) throw { code: "user.password", class: "permanent", what: "The password was not taken", why: `It has fewer than ${SHORTEST} characters.` };
}
