import "@fontsource-variable/inter/wght.css";
import "@fontsource-variable/jetbrains-mono/wght.css";
import "./styles/tokens.css";
import "./styles/app.css";
import "./styles/more.css";
import "./styles/controls.css";
import "./styles/run.css";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { createRoot } from "react-dom/client";

import { newQueryClient } from "./api/client";
import { startHost } from "./platform";
import { router } from "./routes/router";
import { stateShapes } from "./ui/shapes";
import { applyTheme } from "./ui/theme";

function putShapes(): void {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "shapes");
  svg.setAttribute("aria-hidden", "true");
  svg.innerHTML = stateShapes;
  document.body.append(svg);
}

applyTheme();
putShapes();
await startHost();
const root = document.querySelector("#root");
if (root) createRoot(root).render(<QueryClientProvider client={newQueryClient()}><RouterProvider router={router} /></QueryClientProvider>);
