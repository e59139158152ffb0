/** Puts a text on the clipboard. Where the webview refuses its clipboard, the old way through a selection serves. */
export function copy(text: string): void {
  if (!navigator.clipboard) return copySelected(text);
  navigator.clipboard.writeText(text).catch(() => copySelected(text));
}

function copySelected(text: string): void {
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "sr";
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}
