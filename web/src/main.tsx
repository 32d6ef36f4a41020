// Starts the page.

import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/App";
import { Broken } from "./app/Broken";
import { EditorProvider } from "./app/editorContext";
import { refreshProjectsAfterOpening } from "./app/opening";
import type { Editor } from "./state/contract";
import { createEditor } from "./state/editor";
import { ThemeProvider } from "./theme/ThemeProvider";

declare global {
  interface Window {
    /** For tests and benchmarks. */
    sambaseg: { editor: Editor };
  }
}

const editor = createEditor();
window.sambaseg = { editor };

const queries = new QueryClient({ defaultOptions: { queries: { retry: 1, staleTime: 2000 } } });
refreshProjectsAfterOpening(queries);

const root = document.getElementById("root");
if (!root) throw new Error("index.html holds no #root.");
createRoot(root).render(
  <StrictMode>
    <ThemeProvider>
      <QueryClientProvider client={queries}>
        <EditorProvider editor={editor}>
          <Broken>
            <App />
          </Broken>
        </EditorProvider>
      </QueryClientProvider>
    </ThemeProvider>
  </StrictMode>,
);
