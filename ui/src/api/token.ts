/** Names a request among those of all windows. */
export const newToken = () => `window-${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;
