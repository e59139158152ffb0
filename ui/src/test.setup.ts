// What jsdom lacks and the webviews have.

class Watch {
  observe(): void { /* nothing in jsdom changes its size */ }
  unobserve(): void { /* see observe */ }
  disconnect(): void { /* see observe */ }
}
globalThis.ResizeObserver ??= Watch as unknown as typeof ResizeObserver;

Object.defineProperty(HTMLElement.prototype, "offsetHeight", { configurable: true, value: 640 });
Object.defineProperty(HTMLElement.prototype, "offsetWidth", { configurable: true, value: 1000 });
Object.defineProperty(HTMLElement.prototype, "clientHeight", { configurable: true, value: 640 });
Object.defineProperty(HTMLElement.prototype, "clientWidth", { configurable: true, value: 1000 });
HTMLCanvasElement.prototype.getContext = () => null;
Element.prototype.scrollTo ??= () => undefined;
window.scrollTo = () => undefined;

HTMLDialogElement.prototype.showModal ??= function showModal(this: HTMLDialogElement) { this.open = true; };
HTMLDialogElement.prototype.close ??= function close(this: HTMLDialogElement) { this.open = false; };

if (!globalThis.CSS?.escape) Object.assign(globalThis, { CSS: { escape: (text: string) => text } });
