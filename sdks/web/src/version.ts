// Kept equal to package.json by the build.

export const VERSION = "1.0.0";
