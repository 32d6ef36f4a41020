// Starts the page.

import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App, beginFirstScreen } from "./app/App";
import { Broken } from "./app/Broken";
import { queries } from "./app/queries";
import { ThemeProvider } from "./theme/ThemeProvider";

beginFirstScreen();
const root = document.getElementById("root");
if (!root) throw new Error("index.html holds no #root.");
createRoot(root).render(
  <StrictMode>
    <ThemeProvider>
      <QueryClientProvider client={queries}>
        <Broken>
          <App />
        </Broken>
      </QueryClientProvider>
    </ThemeProvider>
  </StrictMode>,
);
