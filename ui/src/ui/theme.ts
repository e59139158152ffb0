/** Light, dark, or as the system says. Kept in the window; nothing else depends on it. */
export type Theme = "system" | "light" | "dark";

const key = "longshore.theme";

/** The theme chosen. */
export function theme(): Theme {
  const kept = localStorage.getItem(key);
  return kept === "light" || kept === "dark" ? kept : "system";
}

/** Puts the theme on the page, choosing another first if given. */
export function applyTheme(next: Theme = theme()): void {
  localStorage.setItem(key, next);
  if (next === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = next;
}
