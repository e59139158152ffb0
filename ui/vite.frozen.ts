import type { Plugin } from "vite";

/**
 * The shell freezes `Object.prototype`. d3-color, which the graph's zoom brings along, gives a plain object its `constructor` by
 * assignment, which a frozen prototype forbids; defining it does the same and is allowed.
 */
export function frozenPrototype(): Plugin {
  const assigned = "prototype.constructor = constructor;";
  const defined = 'Object.defineProperty(prototype, "constructor", { value: constructor, writable: true, configurable: true });';
  return {
    name: "frozen-prototype",
    transform(code, id) {
      if (!/[\\/]d3-color[\\/]/.test(id)) return null;
      if (!code.includes(assigned)) throw new Error(`${id} has changed: see vite.frozen.ts`);
      return { code: code.replace(assigned, defined), map: null };
    },
  };
}
