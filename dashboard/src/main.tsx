/** Where the dashboard begins. */

import "./app/ahead";
import "./app/mantine";
import "./app/global.css";
import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { RouterProvider } from "react-router/dom";
import { queryClient } from "./api/queries";
import { createRouter } from "./app/router";
import { takeSignInToken } from "./app/sign_in_token";
import { cssVariables, theme } from "./app/theme";

// Before anything else: the token leaves the address bar and the history.
takeSignInToken();

const router = createRouter();

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <MantineProvider theme={theme} cssVariablesResolver={cssVariables} defaultColorScheme="auto">
        <QueryClientProvider client={queryClient}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>,
  );
}
