import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// The running stack that `npm run dev` shows; its admin key stands in for the cookie of a sign-in.
const api = process.env.TRACEFLOW_URL ?? "http://127.0.0.1:8080";
const key = process.env.TRACEFLOW_ADMIN_KEY;

export default defineConfig({
  plugins: [react()],
  build: {
    outDir: "../serve/web_files/dashboard",
    emptyOutDir: true,
    target: "es2022",
    // The door's content security policy allows no data: script, and small files cost no round trip here.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 400,
  },
  server: {
    proxy: { "/api": { target: api, ...(key ? { headers: { authorization: `Bearer ${key}` } } : {}) } },
  },
});
